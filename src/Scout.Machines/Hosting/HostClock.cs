namespace Scout.Machines.Hosting;

/// <summary>
/// Both clocks of the host, read once at the beginning of each input, so that everything in it happens at one moment. The monotonic one counts
/// ticks of 100 ns since the host was made.
/// </summary>
internal sealed class HostClock
{
    /// <summary>No due time at all.</summary>
    public const long Never = long.MaxValue;

    /// <summary>How far the wall clock may drift from the monotonic one before deadlines are placed anew. Slewing stays below it for minutes, a step does not.</summary>
    private const long Drift = 100 * TimeSpan.TicksPerMillisecond;

    private readonly TimeProvider time;
    private readonly long origin;
    private long offset;

    public HostClock(TimeProvider time)
    {
        this.time = time;
        origin = time.GetTimestamp();
        Wall = time.GetUtcNow();
        Made = Wall;
        offset = Wall.UtcTicks;
    }

    public long Now { get; private set; }

    public DateTimeOffset Wall { get; private set; }

    /// <summary>Wall clock when the host was made.</summary>
    public DateTimeOffset Made { get; }

    /// <summary>Reads both clocks; true when the wall clock was stepped since wall deadlines were placed.</summary>
    public bool Read()
    {
        Now = ToTicks(time.GetTimestamp() - origin);
        Wall = time.GetUtcNow();
        long drift = Wall.UtcTicks - Now - offset;
        if (drift is < Drift and > -Drift) return false;
        offset += drift;
        return true;
    }

    /// <summary>The monotonic moment at which the wall clock will show something, if nobody steps it; may lie in the past.</summary>
    public long At(DateTimeOffset wall) => Now + (wall.UtcTicks - Wall.UtcTicks);

    /// <summary>What the wall clock will show at a monotonic moment.</summary>
    public DateTimeOffset? WallAt(long moment)
    {
        if (moment == Never) return null;
        long ticks = Wall.UtcTicks + (moment - Now);
        return ticks > DateTimeOffset.MaxValue.UtcTicks ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    /// <summary>As a timestamp of the time provider, rounded up: at it the moment has come.</summary>
    public long ToTimestamp(long moment)
    {
        if (moment == Never) return long.MaxValue;
        long frequency = time.TimestampFrequency;
        if (frequency % TimeSpan.TicksPerSecond == 0) return origin + (moment * (frequency / TimeSpan.TicksPerSecond));
        Int128 scaled = (Int128)moment * frequency;
        return origin + (long)((scaled + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond);
    }

    private long ToTicks(long elapsed)
    {
        long frequency = time.TimestampFrequency;
        if (frequency % TimeSpan.TicksPerSecond == 0) return elapsed / (frequency / TimeSpan.TicksPerSecond);
        return (long)((Int128)elapsed * TimeSpan.TicksPerSecond / frequency);
    }
}
