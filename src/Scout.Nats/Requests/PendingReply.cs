using Scout.Nats.Protocol;

namespace Scout.Nats.Requests;

/// <summary>Somebody who waits for one answer. It comes to exactly one end: the answer, a failure, the deadline, or a cancellation.</summary>
internal abstract class PendingReply
{
    private int claimed;

    /// <summary>The connection that sent the request.</summary>
    public NatsConnection? Owner { get; set; }

    /// <summary>The last token of the subject the answer comes to.</summary>
    public ulong Token { get; set; }

    /// <summary>Timestamp of the time provider after which nobody waits any more.</summary>
    public long Deadline { get; set; }

    /// <summary>The subject the request went to.</summary>
    public abstract string Subject { get; }

    /// <summary>Ends the wait when the token is cancelled, until the registration is disposed of.</summary>
    public CancellationTokenRegistration CancelWith(CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? cancellationToken.UnsafeRegister(static (state, token) => ((PendingReply)state!).Owner!.Cancel((PendingReply)state!, token), this)
        : default;

    /// <summary>True for the one caller who may end the wait.</summary>
    public bool Claim() => Interlocked.Exchange(ref claimed, 1) == 0;

    /// <summary>The next one in the chain of <see cref="EndedReplies"/>, whose alone this is.</summary>
    public PendingReply? Neighbour { get; set; }

    /// <summary>Takes the answer, on the read loop; copy what is needed. Called after <see cref="Claim"/>.</summary>
    public abstract void Complete(in Frame frame, NatsHeaders? headers);

    /// <summary>Takes why there is no answer. Called after <see cref="Claim"/>.</summary>
    public abstract void Fail(Exception error);

    /// <summary>Lets whoever waits go on, on the calling thread.</summary>
    public abstract void Release();
}
