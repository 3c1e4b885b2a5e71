using Scout.Protocol.Security.Signing;

namespace Scout.Server.Rpc;

/// <summary>
/// A bucket of requests whose caller nothing proves: what is beyond it costs an answer <c>busy</c> and no work. Any thread.
/// </summary>
/// <remarks>
/// The 50 a second of security.md 7 spare the node the checking of signatures, and are in <c>RequestProof</c>. In dev mode there are none to check, and a person may
/// move hundreds of machines of a node with one command: there the bucket only keeps a flood from the loop.
/// </remarks>
internal sealed class RequestRate(TimeProvider time, int perSecond = RequestRate.Limit)
{
    /// <summary>Requests a second, and at once, in dev mode.</summary>
    public const int Limit = 1000;

    private readonly Lock gate = new();
    private readonly TokenBucket bucket = new(perSecond, time);

    /// <summary>Takes one; false when there is none.</summary>
    public bool TryTake()
    {
        lock (gate) return bucket.TryTake();
    }
}
