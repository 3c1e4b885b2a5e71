using System.Runtime.CompilerServices;
using Scout.Nats.Protocol;

namespace Scout.Nats.Connection;

internal enum PutResult : byte
{
    Done,

    /// <summary>No room, or none in time.</summary>
    Full,

    /// <summary>The publisher did not want to wait any more.</summary>
    Cancelled,

    /// <summary>The line is gone.</summary>
    Closed,
}

/// <summary>
/// Two buffers: publishers fill one under a short lock while the other is on its way to the socket. Nothing is allocated for a frame: the sender
/// is one work item that is queued when there is something to send, and goes on by itself until there is not.
/// </summary>
internal sealed class SendBuffer(Stream plain, NatsOpts opts, Counters counters, Action<Exception> failed) : IThreadPoolWorkItem
{
    private const int InitialSize = 4 * 1024;
    private const int MaxPongsWaiting = 1024;
    private const int MaxIdle = 64;

    private readonly Lock gate = new();
    private readonly int softLimit = opts.WriterBufferSize;
    private readonly Queue<WaitingPublish> waiting = new();
    private readonly Stack<WaitingPublish> idle = new();
    private Stream stream = plain;
    private ITimer? waitTimer;
    private byte[] filling = new byte[InitialSize];
    private byte[] draining = new byte[InitialSize];
    private int filled;
    private bool sending;
    private bool closed;
    private int pongsWaiting;
    private Action? resume;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter pendingWrite;
    private TaskCompletionSource? drained;

    /// <summary>Writes to the encrypted stream from here on. Nothing may have been put before.</summary>
    public void Use(Stream encrypted) => stream = encrypted;

    /// <summary>Takes a publish. <paramref name="now"/> sends it on the calling thread when nothing is being sent: for single requests.</summary>
    public PutResult TryPublish(in PublishFrame frame, bool now = false)
    {
        lock (gate)
        {
            if (closed) return PutResult.Closed;
            int length = FrameWriter.MaxPublishLength(frame);
            if ((filled > 0 && filled + length > softLimit) || waiting.Count > 0) return PutResult.Full;
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

    /// <summary>Takes a publish as soon as there is room, after those who wait already.</summary>
    /// <returns><see cref="PutResult.Full"/> when there was no room in time.</returns>
    public ValueTask<PutResult> PublishWhenRoom(in PublishFrame frame, TimeSpan timeout, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (closed) return ValueTask.FromResult(PutResult.Closed);
            if (!idle.TryPop(out WaitingPublish? publish)) publish = new WaitingPublish(this);
            int length = FrameWriter.WritePublish(publish.Reserve(FrameWriter.MaxPublishLength(frame)), frame);
            publish.Start(length, opts.TimeProvider.GetTimestamp() + (long)(timeout.TotalSeconds * opts.TimeProvider.TimestampFrequency));
            waiting.Enqueue(publish);
            if (waiting.Count == 1) ArmTimer(timeout);
            // There may have been room after all.
            TakeWaiting();
            if (filled > 0) StartSending();
            if (cancellationToken.CanBeCanceled) return WaitAsync(publish, cancellationToken);
            return publish.Result;
        }
    }

    /// <summary>A publisher has its result; its object can serve another.</summary>
    public void GiveBack(WaitingPublish publish)
    {
        lock (gate)
        {
            publish.IsDone = true;
            if (!publish.IsQueued && idle.Count < MaxIdle) idle.Push(publish);
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
        TaskCompletionSource? flush;
        lock (gate)
        {
            closed = true;
            filled = 0;
            while (waiting.TryDequeue(out WaitingPublish? publish))
            {
                publish.IsQueued = false;
                if (publish.IsWaiting) publish.Complete(PutResult.Closed);
            }

            waitTimer?.Dispose();
            flush = drained;
            drained = null;
        }

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
        TaskCompletionSource? flush = null;
        ReadOnlyMemory<byte> bytes = default;
        lock (gate)
        {
            TakeWaiting();
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
                TakeWaiting();
            }

        }

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

    private static async ValueTask<PutResult> WaitAsync(WaitingPublish publish, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static state => ((WaitingPublish)state!).Cancel(), publish))
            return await publish.Result.ConfigureAwait(false);
    }

    /// <summary>The publisher does not wait any more; its frame is passed over.</summary>
    public void Cancel(WaitingPublish publish)
    {
        lock (gate)
        {
            if (publish.IsWaiting) publish.Complete(PutResult.Cancelled);
        }
    }

    // In the order they came, as far as there is room.
    private void TakeWaiting()
    {
        while (waiting.TryPeek(out WaitingPublish? publish))
        {
            if (publish.IsWaiting)
            {
                if (filled > 0 && filled + publish.Frame.Length > softLimit) return;
                Reserve(publish.Frame.Length);
                publish.Frame.CopyTo(filling.AsSpan(filled));
                filled += publish.Frame.Length;
                counters.SentMessages++;
                publish.Complete(PutResult.Done);
            }

            Dequeue();
        }
    }

    private void Dequeue()
    {
        WaitingPublish publish = waiting.Dequeue();
        publish.IsQueued = false;
        if (publish.IsDone && idle.Count < MaxIdle) idle.Push(publish);
    }

    private void ArmTimer(TimeSpan after)
    {
        if (after < TimeSpan.Zero) after = TimeSpan.Zero;
        waitTimer ??= opts.TimeProvider.CreateTimer(static state => ((SendBuffer)state!).OnWaitTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        waitTimer.Change(after, Timeout.InfiniteTimeSpan);
    }

    private void OnWaitTimer()
    {
        lock (gate)
        {
            if (closed) return;
            long now = opts.TimeProvider.GetTimestamp();
            foreach (WaitingPublish publish in waiting)
            {
                if (publish.IsWaiting && publish.Deadline <= now) publish.Complete(PutResult.Full);
            }

            while (waiting.TryPeek(out WaitingPublish? first) && !first.IsWaiting) Dequeue();
            if (waiting.TryPeek(out WaitingPublish? next)) ArmTimer(opts.TimeProvider.GetElapsedTime(now, next.Deadline) + TimeSpan.FromMilliseconds(1));
        }
    }
}
