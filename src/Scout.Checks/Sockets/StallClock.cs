using Scout.Checks.Probes;

namespace Scout.Checks.Sockets;

/// <summary>
/// When this process stood still: intervals in which a thread that meant to wake was not woken. A late answer or a lost packet is nobody's fault while the one who
/// waits is frozen, and starved processors are the main source of false loss. Safe for any thread; does not allocate.
/// </summary>
/// <param name="frequency">Ticks a second of the timestamps of <see cref="StalledWithin"/>; everything else is in ns.</param>
public sealed class StallClock(long frequency = 1_000_000_000) : IStallClock
{
    /// <summary>A wake-up that comes less than this after its plan is on time, ns: 10 ms.</summary>
    public const long Tolerance = 10_000_000;

    private const int Kept = 128;

    private readonly Lock gate = new();
    private readonly long[] starts = new long[Kept];
    private readonly long[] ends = new long[Kept];
    private long count;

    /// <summary>All stalls together, ns.</summary>
    public long Total
    {
        get
        {
            lock (gate) return field;
        }

        private set;
    }

    /// <summary>A thread was woken <paramref name="woken"/> although it had planned <paramref name="planned"/> (monotonic ns).</summary>
    /// <returns>Whether that is a stall.</returns>
    public bool Woken(long planned, long woken) => woken - planned >= Tolerance && Add(planned, woken);

    /// <summary>Notes a stall; what overlaps the last one is counted once.</summary>
    /// <returns>Whether it adds anything.</returns>
    public bool Add(long from, long until)
    {
        lock (gate)
        {
            if (count > 0)
            {
                int last = (int)((count - 1) % Kept);
                if (until <= ends[last]) return false;
                if (from <= ends[last])
                {
                    Total += until - ends[last];
                    ends[last] = until;
                    return true;
                }
            }

            if (until <= from) return false;
            int next = (int)(count++ % Kept);
            starts[next] = from;
            ends[next] = until;
            Total += until - from;
            return true;
        }
    }

    /// <summary>How much of an interval (monotonic ns) was stall. The last 128 stalls are remembered.</summary>
    public long Within(long from, long until)
    {
        long sum = 0;
        lock (gate)
        {
            long oldest = Math.Max(0, count - Kept);
            for (long i = count - 1; i >= oldest; i--)
            {
                int at = (int)(i % Kept);
                if (ends[at] <= from) break;
                sum += Math.Max(0, Math.Min(until, ends[at]) - Math.Max(from, starts[at]));
            }
        }

        return sum;
    }

    /// <inheritdoc/>
    public TimeSpan StalledWithin(long fromTimestamp, long toTimestamp)
    {
        double unit = 1e9 / frequency;
        return TimeSpan.FromTicks(Within((long)(fromTimestamp * unit), (long)(toTimestamp * unit)) / TimeSpan.NanosecondsPerTick);
    }

    /// <summary>Whether a stall ended at or after <paramref name="since"/> (monotonic ns).</summary>
    public bool Since(long since)
    {
        lock (gate) return count > 0 && ends[(int)((count - 1) % Kept)] >= since;
    }
}
