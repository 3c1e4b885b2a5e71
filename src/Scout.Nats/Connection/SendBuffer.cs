using System.Runtime.CompilerServices;
using Scout.Nats.Protocol;

namespace Scout.Nats.Connection;

internal enum PutResult : byte
{
    Done,

    /// <summary>No room: wait for <see cref="SendBuffer.WaitForRoomAsync"/> and try again.</summary>
    Full,

    /// <summary>The line is gone.</summary>
    Closed,
}

/// <summary>
/// Two buffers: publishers fill one under a short lock while the other is on its way to the socket. Nothing is allocated for a frame: the sender
/// is one work item that is queued when there is something to send, and goes on by itself until there is not.
/// </summary>
internal sealed class SendBuffer(Stream stream, int softLimit, Counters counters, Action<Exception> failed) : IThreadPoolWorkItem
{
    private const int InitialSize = 4 * 1024;
    private const int MaxPongsWaiting = 1024;

    private readonly Lock gate = new();
    private byte[] filling = new byte[InitialSize];
    private byte[] draining = new byte[InitialSize];
    private int filled;
    private bool sending;
    private bool closed;
    private int pongsWaiting;
    private Action? resume;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter pendingWrite;
    private TaskCompletionSource? drained;
    private RoomWaiter? roomWaiters;

    /// <summary>Takes a publish. <paramref name="now"/> sends it on the calling thread when nothing is being sent: for single requests.</summary>
    public PutResult TryPublish(in PublishFrame frame, bool now = false)
    {
        lock (gate)
        {
            if (closed) return PutResult.Closed;
            int length = FrameWriter.MaxPublishLength(frame);
            if (filled > 0 && filled + length > softLimit) return PutResult.Full;
            Reserve(length);
            filled += FrameWriter.WritePublish(filling.AsSpan(filled), frame);
            counters.SentMessages++;
            if (sending) return PutResult.Done;
            sending = true;
        }

        if (now) Drain();
        else ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return PutResult.Done;
    }

    /// <summary>Takes bytes whether or not there is room: control lines, whose number is bounded elsewhere.</summary>
    public bool Put(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (closed) return false;
            Reserve(bytes.Length);
            bytes.CopyTo(filling.AsSpan(filled));
            filled += bytes.Length;
            StartSending();
            return true;
        }
    }

    public bool PutSubscribe(string subject, string? queueGroup, long sid)
    {
        lock (gate)
        {
            if (closed) return false;
            Reserve(FrameWriter.MaxSubscribeLength(subject, queueGroup));
            filled += FrameWriter.WriteSubscribe(filling.AsSpan(filled), subject, queueGroup, sid);
            StartSending();
            return true;
        }
    }

    public bool PutUnsubscribe(long sid, int max)
    {
        lock (gate)
        {
            if (closed) return false;
            Reserve(FrameWriter.MaxUnsubscribeLength);
            filled += FrameWriter.WriteUnsubscribe(filling.AsSpan(filled), sid, max);
            StartSending();
            return true;
        }
    }

    /// <summary>Answers a PING. False when the server asks faster than it reads: a flood.</summary>
    public bool PutPong()
    {
        lock (gate)
        {
            if (++pongsWaiting > MaxPongsWaiting) return false;
        }

        Put(FrameWriter.Pong);
        return true;
    }

    /// <summary>Returns when there may be room again, or the line is gone.</summary>
    /// <exception cref="TimeoutException">Neither happened in time.</exception>
    public Task WaitForRoomAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (closed || filled == 0) return Task.CompletedTask;
            return (roomWaiters ??= new RoomWaiter()).Task.WaitAsync(timeout, time, cancellationToken);
        }
    }

    /// <summary>Completes when everything put so far is in the socket, or the line is gone.</summary>
    public Task FlushAsync()
    {
        lock (gate)
        {
            if (closed || (filled == 0 && !sending)) return Task.CompletedTask;
            drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return drained.Task;
        }
    }

    /// <summary>Gives memory back that a burst has left behind.</summary>
    public void Trim()
    {
        lock (gate)
        {
            if (sending || filled > 0) return;
            if (filling.Length > InitialSize) filling = new byte[InitialSize];
            if (draining.Length > InitialSize) draining = new byte[InitialSize];
        }
    }

    public void Close()
    {
        RoomWaiter? waiters;
        TaskCompletionSource? flush;
        lock (gate)
        {
            closed = true;
            filled = 0;
            waiters = roomWaiters;
            roomWaiters = null;
            flush = drained;
            drained = null;
        }

        waiters?.TrySetResult(false);
        flush?.TrySetResult();
    }

    public void Execute() => Drain();

    private void StartSending()
    {
        if (sending) return;
        sending = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    // The sender is a loop without a state machine of its own: a write that does not finish at once calls it again. So the awaiter is kept in a field,
    // and its result is only taken when it is there.
#pragma warning disable CA2012, VSTHRD002
    private void Drain()
    {
        try
        {
            while (TakeFilled() is { Length: > 0 } bytes)
            {
                pendingWrite = stream.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false).GetAwaiter();
                if (!pendingWrite.IsCompleted)
                {
                    pendingWrite.UnsafeOnCompleted(resume ??= Resume);
                    return;
                }

                pendingWrite.GetResult();
            }
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }

    private void Resume()
    {
        try
        {
            pendingWrite.GetResult();
        }
        catch (Exception error)
        {
            Fail(error);
            return;
        }

        Drain();
    }

#pragma warning restore CA2012, VSTHRD002
    private ReadOnlyMemory<byte> TakeFilled()
    {
        RoomWaiter? waiters;
        TaskCompletionSource? flush = null;
        ReadOnlyMemory<byte> bytes = default;
        lock (gate)
        {
            if (filled == 0 || closed)
            {
                sending = false;
                flush = drained;
                drained = null;
            }
            else
            {
                (filling, draining) = (draining, filling);
                bytes = draining.AsMemory(0, filled);
                counters.SentBytes += filled;
                filled = 0;
                pongsWaiting = 0;
                // A frame far above the limit must not stay in memory for ever.
                if (filling.Length > softLimit * 2) filling = new byte[InitialSize];
            }

            waiters = roomWaiters;
            roomWaiters = null;
        }

        waiters?.TrySetResult(true);
        flush?.TrySetResult();
        return bytes;
    }

    private void Fail(Exception error)
    {
        lock (gate) sending = false;
        Close();
        failed(error);
    }

    private void Reserve(int length)
    {
        int needed = filled + length;
        if (needed <= filling.Length) return;
        Array.Resize(ref filling, Math.Max(needed, filling.Length * 2));
    }

    private sealed class RoomWaiter() : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
}
