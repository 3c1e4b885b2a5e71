using System.Buffers;
using System.Buffers.Binary;
using Scout.Traffic.Accounting;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Kernel;

/// <summary>Reads the counters: in batches, or entry by entry where the kernel has no batches (before 5.6).</summary>
internal sealed unsafe class CounterReader(IBpfCalls calls, int cpus)
{
    private const int FirstRoom = 1024;
    private const int LargestRoom = 1 << 20;
    private const int CursorSize = 16;
    private readonly int valueSize = AccountingProgram.ValueSize * cpus;
    private int room = FirstRoom;

    /// <summary>True until the kernel has refused a batch.</summary>
    public bool InBatches { get; private set; } = true;

    /// <summary>All entries of the map. Those that come or go meanwhile may be missed, and are there the next time.</summary>
    /// <exception cref="BpfException">The kernel refused to be read.</exception>
    public void Read(BpfMap map, List<CounterRow> rows)
    {
        rows.Clear();
        if (InBatches && TryReadBatches(map, rows)) return;
        InBatches = false;
        rows.Clear();
        ReadEach(map, rows);
    }

    /// <summary>The value of one element of a per-CPU array, summed.</summary>
    public Volume ReadElement(BpfMap map, uint index)
    {
        Span<byte> key = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(key, index);
        byte[] value = ArrayPool<byte>.Shared.Rent(valueSize);
        try
        {
            return map.TryLookup(key, value) ? Sum(value) : default;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
    }

    private bool TryReadBatches(BpfMap map, List<CounterRow> rows)
    {
        Span<byte> cursors = stackalloc byte[CursorSize * 2];
        cursors.Clear();
        bool first = true;
        int now = 0;
        while (true)
        {
            byte[] keys = ArrayPool<byte>.Shared.Rent(AccountingProgram.CounterKeySize * room);
            byte[] values = ArrayPool<byte>.Shared.Rent(valueSize * room);
            try
            {
                int result;
                uint count;
                using (BpfHandle.Lease lease = map.Handle.Use())
                {
                    fixed (byte* k = keys, v = values, c = cursors)
                    {
                        var attributes = new MapBatchAttributes
                        {
                            InBatch = first ? 0 : (ulong)(c + CursorSize * now),
                            OutBatch = (ulong)(c + CursorSize * (1 - now)),
                            Keys = (ulong)k,
                            Values = (ulong)v,
                            Count = (uint)room,
                            Map = (uint)lease.Fd,
                        };
                        result = calls.Call(BpfCommand.MapLookupBatch, &attributes, sizeof(MapBatchAttributes));
                        count = attributes.Count;
                    }
                }

                if (result == -Errno.NoSpace && room < LargestRoom)
                {
                    // One bucket has more entries than there is room. The cursor has not moved.
                    room *= 2;
                    continue;
                }

                if (first && result is -Errno.Invalid or -Errno.NotSupported) return false;
                if (result != -Errno.NoEntry) Bpf.Check(result, BpfCommand.MapLookupBatch);
                for (int i = 0; i < count; i++)
                {
                    rows.Add(new CounterRow(CounterKey.Read(keys.AsSpan(i * AccountingProgram.CounterKeySize)), Sum(values.AsSpan(i * valueSize))));
                }

                // No entry: this was the last batch, and what it counted is valid.
                if (result == -Errno.NoEntry || rows.Count > map.Capacity * 2) return true;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(keys);
                ArrayPool<byte>.Shared.Return(values);
            }

            first = false;
            now = 1 - now;
        }
    }

    private void ReadEach(BpfMap map, List<CounterRow> rows)
    {
        byte[][] keys = [new byte[AccountingProgram.CounterKeySize], new byte[AccountingProgram.CounterKeySize]];
        byte[] value = ArrayPool<byte>.Shared.Rent(valueSize);
        try
        {
            // A key that is deleted meanwhile sends the walk back to the start; the bound ends a walk that others disturb for ever, the set keeps each key once.
            var seen = new HashSet<CounterKey>();
            byte[] key = [];
            for (int steps = 0, at = 0; steps < map.Capacity * 2; steps++, at = 1 - at)
            {
                byte[] next = keys[at];
                if (!map.TryNextKey(key, next)) return;
                var found = CounterKey.Read(next);
                if (map.TryLookup(next, value) && seen.Add(found)) rows.Add(new CounterRow(found, Sum(value)));
                key = next;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
    }

    private Volume Sum(ReadOnlySpan<byte> value)
    {
        var sum = default(Volume);
        for (int at = 0; at < valueSize; at += AccountingProgram.ValueSize)
        {
            sum += new Volume(BinaryPrimitives.ReadUInt64LittleEndian(value[at..]), BinaryPrimitives.ReadUInt64LittleEndian(value[(at + sizeof(ulong))..]));
        }

        return sum;
    }
}
