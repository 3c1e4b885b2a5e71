using System.Threading.Tasks.Sources;

namespace Scout.Nats.Connection;

/// <summary>
/// A frame that found no room, and its publisher, who waits. Used again and again: a publisher that is faster than the socket costs no memory either.
/// </summary>
internal sealed class WaitingPublish(SendBuffer owner) : IValueTaskSource<PutResult>, IThreadPoolWorkItem
{
    private const int MaxKept = 64 * 1024;

    private ManualResetValueTaskSourceCore<PutResult> core;
    private byte[] buffer = [];
    private int length;
    private PutResult result;

    /// <summary>Timestamp after which the publisher does not wait any more.</summary>
    public long Deadline { get; private set; }

    /// <summary>Whether the publisher still waits. Guarded by the owner's lock, as everything that changes it.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Whether it stands in the owner's queue. Guarded by the owner's lock.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Whether the publisher has its result and will not come back. Guarded by the owner's lock.</summary>
    public bool IsDone { get; set; }

    public ReadOnlySpan<byte> Frame => buffer.AsSpan(0, length);

    public ValueTask<PutResult> Result => new(this, core.Version);

    /// <summary>Room for a frame of at most so many bytes; tell its true length with <see cref="Start"/>.</summary>
    public Span<byte> Reserve(int most)
    {
        if (buffer.Length < most) buffer = new byte[most];
        return buffer;
    }

    public void Start(int frameLength, long deadline)
    {
        length = frameLength;
        Deadline = deadline;
        IsWaiting = IsQueued = true;
        IsDone = false;
    }

    /// <summary>Lets the publisher go on, in the thread pool. Called under the owner's lock.</summary>
    public void Complete(PutResult outcome)
    {
        IsWaiting = false;
        result = outcome;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>The publisher does not wait any more.</summary>
    public void Cancel() => owner.Cancel(this);

    public void Execute() => core.SetResult(result);

    public PutResult GetResult(short token)
    {
        PutResult outcome = core.GetResult(token);
        core.Reset();
        if (buffer.Length > MaxKept) buffer = [];
        owner.GiveBack(this);
        return outcome;
    }

    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}
