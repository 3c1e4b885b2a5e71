namespace Scout.Checks.Execution;

/// <summary>
/// Which runs were ended or keep what they leave, and when they ran: for a process that cleared its environment only its time tells whose it is.
/// Bounded; the oldest are forgotten, and what belongs to them is left alone.
/// </summary>
internal sealed class RunHistory(TimeProvider time)
{
    private const int Kept = 512;
    // Start times in /proc are cut to a hundredth of a second.
    private const double Slack = 0.01;

    private readonly Queue<Span> ended = new();
    private readonly Queue<Span> keepers = new();

    public void Over(PluginRun run, bool hard)
    {
        if (!hard && !run.Request.KeepLeftovers) return;
        Queue<Span> queue = run.Request.KeepLeftovers ? keepers : ended;
        queue.Enqueue(new Span(run.Number, run.SpawnStarted, time.GetTimestamp(), hard));
        if (queue.Count > Kept) queue.Dequeue();
    }

    public bool WasEnded(long number) => ended.Any(span => span.Number == number) || keepers.Any(span => span.Number == number && span.Hard);

    /// <summary>True if a process of that start was begun during an ended run, every run of that time is over, and none of them keeps its leftovers.</summary>
    /// <param name="started">Hundredths of a second after boot.</param>
    /// <param name="open">Runs that are not over.</param>
    public bool MayEnd(long started, IEnumerable<PluginRun> open)
    {
        if (ended.Count == 0) return false;
        long moment = time.GetTimestamp() - Ticks(BootTime.Now - (started / 100.0));
        long slack = Ticks(Slack);
        return ended.Any(span => span.From - slack <= moment && moment <= span.To)
            && !keepers.Any(span => span.From - slack <= moment && moment <= span.To)
            && !open.Any(run => run.SpawnStarted - slack <= moment);
    }

    private long Ticks(double seconds) => (long)(seconds * time.TimestampFrequency);

    private readonly record struct Span(long Number, long From, long To, bool Hard);
}
