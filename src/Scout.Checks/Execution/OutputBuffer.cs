using System.Buffers;

namespace Scout.Checks.Execution;

/// <summary>What is kept of one stream of a plugin, in pooled memory; the rest is only counted. Belongs to the reactor.</summary>
internal struct OutputBuffer(int cap)
{
    private const int FirstSize = 4096;

    private byte[]? kept;
    private int count;

    /// <summary>Bytes that came, kept or not.</summary>
    public long Total { get; private set; }

    public readonly bool Truncated => Total > count;

    public readonly ReadOnlySpan<byte> Kept => kept.AsSpan(0, count);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Total += bytes.Length;
        int take = Math.Min(bytes.Length, cap - count);
        if (take <= 0) return;
        // What came after something was dropped is never appended: kept bytes are the first bytes.
        if (Total - bytes.Length > count) return;
        if (kept is null || kept.Length < count + take) Grow(count + take);
        bytes[..take].CopyTo(kept.AsSpan(count));
        count += take;
    }

    public void Release()
    {
        if (kept is not null) ArrayPool<byte>.Shared.Return(kept);
        kept = null;
        count = 0;
    }

    private void Grow(int needed)
    {
        int size = kept is null ? FirstSize : kept.Length;
        while (size < needed) size *= 4;
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        Kept.CopyTo(larger);
        if (kept is not null) ArrayPool<byte>.Shared.Return(kept);
        kept = larger;
    }
}
