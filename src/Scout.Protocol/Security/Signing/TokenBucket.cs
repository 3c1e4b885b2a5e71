namespace Scout.Protocol.Security.Signing;

/// <summary>So many a second, and as many at once. Not thread-safe.</summary>
/// <param name="perSecond">From 1.</param>
/// <param name="time">Monotonic clock.</param>
public sealed class TokenBucket(int perSecond, TimeProvider time)
{
    private double left = perSecond;
    private long filled = time.GetTimestamp();

    /// <summary>Takes one; false when there is none.</summary>
    public bool TryTake()
    {
        long now = time.GetTimestamp();
        left = Math.Min(perSecond, left + (time.GetElapsedTime(filled, now).TotalSeconds * perSecond));
        filled = now;
        if (left < 1) return false;
        left--;
        return true;
    }
}
