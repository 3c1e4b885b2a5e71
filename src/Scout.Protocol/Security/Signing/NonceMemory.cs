namespace Scout.Protocol.Security.Signing;

/// <summary>
/// Nonces, for as long as the time beside them would still be accepted. Should it ever be full, nothing is forgotten early, for that would let a replay through: the
/// request waits. Not thread-safe.
/// </summary>
/// <param name="time">Monotonic clock.</param>
/// <param name="keep">How long each is remembered.</param>
/// <param name="bound">As many are remembered.</param>
public sealed class NonceMemory(TimeProvider time, TimeSpan keep, int bound)
{
    private readonly HashSet<(string Key, string Nonce)> known = [];
    private readonly Queue<((string Key, string Nonce) Id, long Seen)> order = new();

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
        return known.Count >= bound;
    }

    private void Prune()
    {
        while (order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Seen) > keep)
        {
            order.Dequeue();
            known.Remove(oldest.Id);
        }
    }
}
