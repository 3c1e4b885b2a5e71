namespace Scout.Server.Mesh.Statistics;

/// <summary>The last values with their times, for medians of a moment. With more of them in the time than it holds, the newest count.</summary>
internal sealed class RecentValues(int capacity)
{
    private readonly long[] values = new long[capacity];
    private readonly long[] times = new long[capacity];
    private int next;
    private int count;

    public void Add(long value, long at)
    {
        values[next] = value;
        times[next] = at;
        next = (next + 1) % values.Length;
        count = Math.Min(count + 1, values.Length);
    }

    /// <summary>Of those not older than <paramref name="since"/>; null without one. The upper of two middle ones.</summary>
    public long? Median(long since)
    {
        Span<long> picked = stackalloc long[count];
        int found = 0;
        for (int i = 0; i < count; i++)
        {
            if (times[i] >= since) picked[found++] = values[i];
        }

        if (found == 0) return null;
        picked[..found].Sort();
        return picked[found / 2];
    }
}
