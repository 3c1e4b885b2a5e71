using System.Runtime.InteropServices;
using Scout.Traffic.Accounting;
using Scout.Traffic.Kernel;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Tests.Kernel;

/// <summary>The reader on a kernel that pages, refuses and fills buffers as it likes.</summary>
public sealed class CounterReaderTests
{
    private const int Cpus = 3;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1024, 7)]
    [InlineData(5000, 1)]
    [InlineData(5000, 64)]
    public void All_pages_are_read_and_CPUs_are_summed(int entries, int buckets) => Check(new FakeKernel(entries, buckets), inBatches: true);

    [Fact]
    public void A_bucket_that_is_larger_than_the_buffer_is_read_with_a_larger_one() => Check(new FakeKernel(9000, 2), inBatches: true);

    [Fact]
    public void Without_batches_each_entry_is_read_and_batches_are_not_asked_for_again()
    {
        var kernel = new FakeKernel(500, 4) { HasBatches = false };
        CounterReader reader = Check(kernel, inBatches: false);
        int refused = kernel.Refused;
        using BpfMap map = Map(kernel);
        reader.Read(map, []);
        Assert.Equal(1, refused);
        Assert.Equal(refused, kernel.Refused);
    }

    [Fact]
    public void Another_error_is_told()
    {
        var kernel = new FakeKernel(10, 1) { Error = Errno.NotPermitted };
        using BpfMap map = Map(kernel);
        Assert.Equal(Errno.NotPermitted, Assert.Throws<BpfException>(() => new CounterReader(kernel, Cpus).Read(map, [])).Errno);
    }

    private static CounterReader Check(FakeKernel kernel, bool inBatches)
    {
        var reader = new CounterReader(kernel, Cpus);
        using BpfMap map = Map(kernel);
        var rows = new List<CounterRow>();
        for (int again = 0; again < 2; again++)
        {
            reader.Read(map, rows);
            Assert.Equal(inBatches, reader.InBatches);
            Assert.Equal(kernel.Expected.OrderBy(row => row.Key.Cgroup), rows.OrderBy(row => row.Key.Cgroup));
        }

        return reader;
    }

    private static BpfMap Map(FakeKernel kernel) => BpfMap.Create(kernel, BpfMapType.PerCpuHash, "scout_counters", 16, 16, 16384);

    /// <summary>A per-CPU hash of buckets: entry i has cgroup i, on CPU c i + c bytes and c packets.</summary>
    private sealed unsafe class FakeKernel(int entries, int buckets) : IBpfCalls
    {
        private const int ValueSize = AccountingProgram.ValueSize * Cpus;

        public bool HasBatches { get; init; } = true;

        public int Error { get; init; }

        public int Refused { get; private set; }

        public IEnumerable<CounterRow> Expected => Enumerable.Range(0, entries).Select(i =>
            new CounterRow(new CounterKey((ulong)i, 2, TrafficDirection.Transmit), new Volume((ulong)(i * Cpus + 3), 3)));

        public int Call(BpfCommand command, void* attributes, int size)
        {
            switch (command)
            {
                case BpfCommand.MapCreate: return 1000;
                case BpfCommand.MapLookupBatch: return Batch((MapBatchAttributes*)attributes);
                case BpfCommand.MapNextKey:
                    {
                        var a = (MapElementAttributes*)attributes;
                        int next = a->Key == 0 ? 0 : (int)*(ulong*)a->Key + 1;
                        if (next >= entries) return -Errno.NoEntry;
                        WriteKey((byte*)a->Value, next);
                        return 0;
                    }

                case BpfCommand.MapLookup:
                    {
                        var a = (MapElementAttributes*)attributes;
                        WriteValue((byte*)a->Value, (int)*(ulong*)a->Key);
                        return 0;
                    }

                default: throw new InvalidOperationException(command.ToString());
            }
        }

        public void Close(int fd)
        {
        }

        private int Batch(MapBatchAttributes* a)
        {
            if (!HasBatches)
            {
                Refused++;
                return -Errno.Invalid;
            }

            if (Error != 0) return -Error;
            int bucket = a->InBatch == 0 ? 0 : *(int*)a->InBatch;
            int room = (int)a->Count;
            int count = 0;
            a->Count = 0;
            for (; bucket < buckets; bucket++)
            {
                int[] mine = [.. Enumerable.Range(0, entries).Where(i => i % buckets == bucket)];
                if (count + mine.Length > room)
                {
                    if (count == 0) return -Errno.NoSpace;
                    *(int*)a->OutBatch = bucket;
                    a->Count = (uint)count;
                    return 0;
                }

                foreach (int i in mine)
                {
                    WriteKey((byte*)a->Keys + count * 16, i);
                    WriteValue((byte*)a->Values + count * ValueSize, i);
                    count++;
                }
            }

            a->Count = (uint)count;
            return -Errno.NoEntry;
        }

        private static void WriteKey(byte* at, int entry) => new CounterKey((ulong)entry, 2, TrafficDirection.Transmit).Write(new Span<byte>(at, 16));

        private static void WriteValue(byte* at, int entry)
        {
            Span<ulong> value = MemoryMarshal.Cast<byte, ulong>(new Span<byte>(at, ValueSize));
            for (int cpu = 0; cpu < Cpus; cpu++)
            {
                value[cpu * 2] = (ulong)(entry + cpu);
                value[cpu * 2 + 1] = (ulong)cpu;
            }
        }
    }
}
