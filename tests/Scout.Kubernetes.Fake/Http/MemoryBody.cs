namespace Scout.Kubernetes.Fake;

/// <summary>A body that one side writes and the other reads. Closing it on the reading side tells the writer.</summary>
internal sealed class MemoryBody(CancellationTokenSource gone, Action closed) : Stream
{
    private readonly Lock gate = new();
    private readonly Queue<byte[]> pieces = new();
    private int offset;
    private bool isClosed;
    private bool ended;
    private bool broken;
    private TaskCompletionSource? reader;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        TaskCompletionSource? waiting;
        lock (gate)
        {
            pieces.Enqueue(bytes.ToArray());
            waiting = reader;
        }

        waiting?.TrySetResult();
    }

    public void End(bool broken)
    {
        TaskCompletionSource? waiting;
        lock (gate)
        {
            if (ended) return;
            ended = true;
            this.broken = broken;
            waiting = reader;
        }

        waiting?.TrySetResult();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            TaskCompletionSource waiting;
            lock (gate)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (pieces.TryPeek(out byte[]? piece)) return Take(piece, buffer.Span);
                if (broken) throw new HttpIOException(HttpRequestError.ResponseEnded, "The connection was reset (memory)");
                if (ended) return 0;
                reader = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await using CancellationTokenRegistration stopped = cancellationToken.Register(() => waiting.TrySetResult());
            await waiting.Task;
        }
    }

    private int Take(byte[] piece, Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, piece.Length - offset);
        piece.AsSpan(offset, count).CopyTo(buffer);
        offset += count;
        if (offset == piece.Length)
        {
            pieces.Dequeue();
            offset = 0;
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !isClosed)
        {
            isClosed = true;
            gone.Cancel();
            closed();
        }

        base.Dispose(disposing);
    }
}
