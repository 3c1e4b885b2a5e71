namespace Scout.Broker.Provisioning;

/// <summary>Nonces of renewals and recoveries, for as long as their time would still be accepted. Bounded: when it is full, the request waits.</summary>
internal sealed class ProofMemory(TimeProvider time, TimeSpan keep)
{
    private const int Bound = 100_000;

    private readonly HashSet<(string Key, string Nonce)> known = [];
    private readonly Queue<((string Key, string Nonce) Id, long At)> order = new();

    /// <summary>True once for each; null when there is no room.</summary>
    public bool? TryAdd(string key, string nonce)
    {
        while (order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > keep)
        {
            order.Dequeue();
            known.Remove(oldest.Id);
        }

        if (known.Count >= Bound) return null;
        if (!known.Add((key, nonce))) return false;
        order.Enqueue(((key, nonce), time.GetTimestamp()));
        return true;
    }
}
