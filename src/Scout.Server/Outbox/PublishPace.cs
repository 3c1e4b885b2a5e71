namespace Scout.Server.Outbox;

/// <summary>
/// How much may be under way at the same time, and when nothing may (nats.md section 12, rules 2, 3, 4 and 7). Decisions only: no clock, no I/O.
/// Times are ticks of the caller's monotonic clock in units of 100 ns.
/// </summary>
internal sealed class PublishPace(Random random)
{
    public const int MostLanes = 64;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    private int inFlight;
    private int window = 1;
    private int clean;
    private int failuresInARow;
    private long pausedUntil = long.MinValue;

    public bool Up { get; private set; }

    /// <summary>How many lanes may be at work; 1 after each connect.</summary>
    public int Window => window;

    public int InFlight => inFlight;

    /// <summary>When it may go on; <see cref="long.MinValue"/> when nothing holds it.</summary>
    public long PausedUntil => pausedUntil;

    public int Room(long now) => Up && now >= pausedUntil ? Math.Max(0, window - inFlight) : 0;

    public void Connected()
    {
        Up = true;
        window = 1;
        clean = 0;
        failuresInARow = 0;
        pausedUntil = long.MinValue;
    }

    public void Disconnected() => Up = false;

    public void Sent() => inFlight++;

    /// <summary>An attempt ended, whatever it came to.</summary>
    public void Answered() => inFlight--;

    /// <summary>A whole window answered well doubles it.</summary>
    public void Succeeded()
    {
        failuresInARow = 0;
        if (++clean < window) return;
        clean = 0;
        window = Math.Min(MostLanes, window * 2);
    }

    /// <summary>Nothing came, or not what was wanted: fewer at a time.</summary>
    public void Halve()
    {
        clean = 0;
        window = Math.Max(1, window / 2);
    }

    /// <summary>
    /// A temporary error. The third in a row, of whatever lanes, pauses all: then it is the stream that has a problem, not a lane, and trying ten
    /// thousand lanes three times each would not mend it.
    /// </summary>
    /// <param name="laneFailures">Errors in a row of this lane before this one.</param>
    /// <param name="now">The present.</param>
    /// <returns>How long the lane waits.</returns>
    public TimeSpan Failed(int laneFailures, long now)
    {
        Halve();
        var wait = Jitter(laneFailures);
        // What was under way when the pause began says nothing new.
        if (now < pausedUntil) return wait;
        if (++failuresInARow >= 3) pausedUntil = now + Jitter(failuresInARow).Ticks;
        return wait;
    }

    public void Pause(TimeSpan time, long now) => pausedUntil = Math.Max(pausedUntil, now + time.Ticks);

    /// <summary>rand(0, min(30 s, 250 ms * 2^n)).</summary>
    public TimeSpan Jitter(int n)
    {
        double most = Math.Min(LongestWait.Ticks, FirstWait.Ticks * Math.Pow(2, Math.Min(n, 20)));
        return new TimeSpan((long)(random.NextDouble() * most));
    }
}
