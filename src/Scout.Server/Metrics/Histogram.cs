namespace Scout.Server.Metrics;

/// <summary>Durations by the buckets of server.md section 8. Any thread may observe.</summary>
internal sealed class Histogram
{
    /// <summary>Upper bounds, seconds.</summary>
    public static readonly double[] Bounds = [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1, 5];

    private readonly long[] counts = new long[Bounds.Length + 1];
    private long sumTicks;

    public void Observe(TimeSpan duration)
    {
        double seconds = duration.TotalSeconds;
        int bucket = 0;
        while (bucket < Bounds.Length && seconds > Bounds[bucket]) bucket++;
        Interlocked.Increment(ref counts[bucket]);
        Interlocked.Add(ref sumTicks, duration.Ticks);
    }

    public double Sum => TimeSpan.FromTicks(Interlocked.Read(ref sumTicks)).TotalSeconds;

    /// <summary>How many were at or below each bound, the last is all of them.</summary>
    public long[] Cumulative()
    {
        long[] result = new long[counts.Length];
        long total = 0;
        for (int i = 0; i < counts.Length; i++) result[i] = total += Interlocked.Read(ref counts[i]);
        return result;
    }
}
