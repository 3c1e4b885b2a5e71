using System.Buffers;

namespace Scout.Kubernetes;

/// <summary>The bytes of a stream that were read and not yet used, in one piece: it grows to what one object needs and no further.</summary>
internal sealed class ByteWindow(Stream stream, int first = 16 * 1024) : IDisposable
{
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(first);
    private int start;
    private int end;

    public ReadOnlySpan<byte> Data => buffer.AsSpan(start, end - start);

    public int Count => end - start;

    /// <summary>The stream has ended: what is in <see cref="Data"/> is all.</summary>
    public bool Ended { get; private set; }

    /// <summary>Largest buffer so far, in bytes.</summary>
    public int Peak { get; private set; }

    public void Consume(int count)
    {
        start += count;
        if (start == end) start = end = 0;
    }

    /// <summary>Reads some more; false at the end of the stream.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancel)
    {
        if (end == buffer.Length) MakeRoom();
        Peak = Math.Max(Peak, buffer.Length);
        int read = await stream.ReadAsync(buffer.AsMemory(end), cancel);
        end += read;
        Ended |= read == 0;
        return read > 0;
    }

    /// <summary>Puts bytes before what is there; they must not be more than were consumed just now.</summary>
    public void PutBack(ReadOnlySpan<byte> bytes)
    {
        if (start < bytes.Length)
        {
            // Count is 0, or the caller consumed at least this much: a whole object is longer than any replacement.
            byte[] rest = Data.ToArray();
            if (buffer.Length < rest.Length + bytes.Length) Grow(rest.Length + bytes.Length);
            start = 0;
            end = bytes.Length + rest.Length;
            rest.CopyTo(buffer.AsSpan(bytes.Length));
        }
        else
        {
            start -= bytes.Length;
        }

        bytes.CopyTo(buffer.AsSpan(start));
    }

    private void MakeRoom()
    {
        if (start > 0)
        {
            Data.CopyTo(buffer);
            end -= start;
            start = 0;
        }

        if (end > buffer.Length / 2) Grow(buffer.Length * 2);
    }

    private void Grow(int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        Data.CopyTo(larger);
        end -= start;
        start = 0;
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    public void Dispose()
    {
        byte[] used = buffer;
        buffer = [];
        start = end = 0;
        if (used.Length > 0) ArrayPool<byte>.Shared.Return(used);
        stream.Dispose();
    }
}
