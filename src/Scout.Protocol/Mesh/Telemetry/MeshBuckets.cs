namespace Scout.Protocol.Mesh;

/// <summary>Buckets of round trips: up to 50 us x 2^i, i = 0 to 13 (409.6 ms), and what is slower (mesh.md 5).</summary>
public static class MeshBuckets
{
    /// <summary>Bounds.</summary>
    public const int Bounds = 14;

    /// <summary>Counts: one a bound, and the last for what is over all of them.</summary>
    public const int Length = Bounds + 1;

    /// <summary>Upper bound of a bucket in microseconds, included; the last has none.</summary>
    public static long UpperMicros(int bucket) => bucket < Bounds ? 50L << bucket : long.MaxValue;

    /// <summary>Where a round trip of so many nanoseconds counts.</summary>
    public static int BucketOf(long nanoseconds)
    {
        int bucket = 0;
        while (bucket < Bounds && nanoseconds > 50_000L << bucket) bucket++;
        return bucket;
    }

    /// <summary>A quantile in microseconds, linear inside its bucket; null without a count. Over the last bound it is that bound.</summary>
    /// <param name="counts"><see cref="Length"/> of them.</param>
    /// <param name="quantile">0 to 1.</param>
    public static double? Quantile(ReadOnlySpan<long> counts, double quantile)
    {
        long all = 0;
        foreach (long count in counts) all += count;
        if (all == 0) return null;
        double wanted = quantile * all;
        double below = 0;
        for (int i = 0; i < Bounds; i++)
        {
            if (counts[i] > 0 && below + counts[i] >= wanted)
            {
                double low = i == 0 ? 0 : UpperMicros(i - 1);
                return low + ((UpperMicros(i) - low) * Math.Max(0, wanted - below) / counts[i]);
            }

            below += counts[i];
        }

        return UpperMicros(Bounds - 1);
    }
}
