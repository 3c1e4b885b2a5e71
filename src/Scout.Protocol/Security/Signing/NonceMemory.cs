namespace Scout.Protocol.Security.Signing;

/// <summary>
/// Nonces seen in the last 3 minutes. The buckets of <see cref="RequestProof"/> bound how many can come in that time; should it ever be full, nothing is forgotten
/// early, for that would let a replay through: the request waits. Not thread-safe.
/// </summary>
internal sealed class NonceMemory(TimeProvider time)
{
    /// <summary>Two buckets of 50 a second for 3 minutes, and what both hold at once.</summary>
    public const int Bound = (2 * SigningLimits.UnprovenPerSecond * 180) + (2 * SigningLimits.UnprovenPerSecond);

    private readonly HashSet<(string Key, string Nonce)> known = [];
    private readonly Queue<((string Key, string Nonce) Id, long Seen)> order = new();

    public int Count => known.Count;

    /// <summary>False when it is known already.</summary>
    public bool TryAdd(string key, string nonce)
    {
        Prune();
        if (!known.Add((key, nonce))) return false;
        order.Enqueue(((key, nonce), time.GetTimestamp()));
        return true;
    }

    /// <summary>No room for another.</summary>
    public bool IsFull()
    {
        Prune();
        return known.Count >= Bound;
    }

    private void Prune()
    {
        while (order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Seen) > SigningLimits.NonceMemory)
        {
            order.Dequeue();
            known.Remove(oldest.Id);
        }
    }
}
