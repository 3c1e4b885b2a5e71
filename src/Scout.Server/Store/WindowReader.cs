namespace Scout.Server.Store;

/// <summary>A file seen through a sliding window, so that reading a segment costs a little memory, whatever its size.</summary>
internal sealed class WindowReader(IStoreFile file, long end)
{
    private byte[] window = new byte[64 << 10];
    private long start;
    private int length;

    /// <summary>Offset at which reading ends.</summary>
    public long End { get; } = end;

    /// <summary>The bytes at the offset, as many as there are up to <paramref name="count"/>; good until the next call.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        count = (int)Math.Min(count, End - offset);
        if (count <= 0) return [];
        if (offset < start || offset + count > start + length) Fill(offset, count);
        int from = (int)(offset - start);
        return window.AsSpan(from, Math.Min(count, length - from));
    }

    private void Fill(long offset, int count)
    {
        if (count > window.Length) window = new byte[count];
        start = offset;
        length = 0;
        int wanted = (int)Math.Min(window.Length, End - offset);
        while (length < wanted)
        {
            int read = file.Read(offset + length, window.AsSpan(length, wanted - length));
            if (read == 0) return;
            length += read;
        }
    }
}
