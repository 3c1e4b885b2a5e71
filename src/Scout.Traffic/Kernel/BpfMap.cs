namespace Scout.Traffic.Kernel;

/// <summary>Types of maps that Scout makes.</summary>
internal enum BpfMapType
{
    Hash = 1,
    PerCpuHash = 5,
    PerCpuArray = 6,
}

/// <summary>A map of the kernel. Spans must have the sizes of its keys and values; a per-CPU value has 16 bytes (all of Scout's) for each possible CPU.</summary>
internal sealed unsafe class BpfMap : IDisposable
{
    public const uint NoPreallocation = 1;
    public const ulong Any = 0;
    private readonly IBpfCalls calls;

    private BpfMap(IBpfCalls calls, BpfHandle handle, string name, int capacity, int keySize, int valueSize)
    {
        this.calls = calls;
        Handle = handle;
        Name = name;
        Capacity = capacity;
        KeySize = keySize;
        ValueSize = valueSize;
    }

    public BpfHandle Handle { get; }

    public string Name { get; }

    public int Capacity { get; }

    public int KeySize { get; }

    /// <summary>Of one CPU for per-CPU maps.</summary>
    public int ValueSize { get; }

    /// <exception cref="BpfException">The kernel refused it.</exception>
    public static BpfMap Create(IBpfCalls calls, BpfMapType type, string name, int keySize, int valueSize, int entries)
    {
        var attributes = new MapCreateAttributes
        {
            Type = (uint)type,
            KeySize = (uint)keySize,
            ValueSize = (uint)valueSize,
            MaxEntries = (uint)entries,
            Flags = type == BpfMapType.PerCpuArray ? 0 : NoPreallocation,
        };
        Bpf.Name(attributes.Name, name);
        int fd = Bpf.Check(Bpf.Create(calls, BpfCommand.MapCreate, &attributes, sizeof(MapCreateAttributes)), BpfCommand.MapCreate);
        return new BpfMap(calls, new BpfHandle(calls, fd), name, entries, keySize, valueSize);
    }

    /// <summary>Reads a value; false when the key is not there.</summary>
    public bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value)
    {
        fixed (byte* k = key, v = value) return Found(Element(BpfCommand.MapLookup, k, v, 0), BpfCommand.MapLookup);
    }

    /// <summary>Sets a value; false when the map is full.</summary>
    public bool TryUpdate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* k = key, v = value)
        {
            int result = Element(BpfCommand.MapUpdate, k, v, Any);
            if (result == -Errno.TooBig) return false;
            Bpf.Check(result, BpfCommand.MapUpdate);
            return true;
        }
    }

    /// <summary>Takes an entry out; false when it was not there.</summary>
    public bool Delete(ReadOnlySpan<byte> key)
    {
        fixed (byte* k = key) return Found(Element(BpfCommand.MapDelete, k, null, 0), BpfCommand.MapDelete);
    }

    /// <summary>The key after <paramref name="key"/>, or the first one when that is empty or gone; false at the end.</summary>
    public bool TryNextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        fixed (byte* k = key, n = next) return Found(Element(BpfCommand.MapNextKey, key.IsEmpty ? null : k, n, 0), BpfCommand.MapNextKey);
    }

    public void Dispose() => Handle.Dispose();

    private static bool Found(int result, BpfCommand command)
    {
        if (result == -Errno.NoEntry) return false;
        Bpf.Check(result, command);
        return true;
    }

    private int Element(BpfCommand command, byte* key, byte* value, ulong flags)
    {
        using BpfHandle.Lease lease = Handle.Use();
        var attributes = new MapElementAttributes { Map = (uint)lease.Fd, Key = (ulong)key, Value = (ulong)value, Flags = flags };
        return calls.Call(command, &attributes, sizeof(MapElementAttributes));
    }
}
