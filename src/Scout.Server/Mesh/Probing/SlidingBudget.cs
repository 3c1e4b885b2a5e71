namespace Scout.Server.Mesh.Probing;

/// <summary>At most so many in any period of that length, to the nanosecond: not a bucket, which lets twice as many through around its edge.</summary>
internal sealed class SlidingBudget(int amount, long period)
{
    private readonly long[] taken = new long[Math.Max(0, amount)];
    private long count;

    public bool TryTake(long now)
    {
        if (taken.Length == 0) return false;
        ref long oldest = ref taken[count % taken.Length];
        if (count >= taken.Length && now - oldest < period) return false;
        oldest = now;
        count++;
        return true;
    }
}
