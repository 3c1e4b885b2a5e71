namespace Scout.Checks.Execution;

/// <summary>Counters the reactor keeps; read from other threads without a lock, so a snapshot is only almost of one moment.</summary>
internal sealed class ReactorCounters
{
    public long Completed;
    public long Timeouts;
    public long Stuck;
    public long OutputLimits;
    public long Truncated;
    public long SpawnFailures;
    public long Refused;
    public long Lost;
    public long OrphansReaped;
    public long StraysEnded;
    public long DaemonsKept;
    public long DaemonsEnded;
    public long SpawnersReplaced;
    public long ResourcePauses;
    public long CallbackFailures;
    public int StuckNow;
    public int Daemons;

    public void Count(PluginResult result)
    {
        Completed++;
        if (result.Truncated) Truncated++;
        switch (result.Reason)
        {
            case "timeout":
                Timeouts++;
                break;
            case "stuck":
                Stuck++;
                break;
            case "output_limit":
                OutputLimits++;
                break;
            case "spawn":
                SpawnFailures++;
                break;
            case "refused" or "bad_command":
                Refused++;
                break;
            case "lost":
                Lost++;
                break;
        }
    }

    public PluginExecutorCounters Snapshot(int started, int hung) => new()
    {
        Started = started,
        Completed = Completed,
        Timeouts = Timeouts,
        Stuck = Stuck,
        OutputLimits = OutputLimits,
        Truncated = Truncated,
        SpawnFailures = SpawnFailures,
        Refused = Refused,
        Lost = Lost,
        OrphansReaped = OrphansReaped,
        StraysEnded = StraysEnded,
        DaemonsKept = DaemonsKept,
        DaemonsEnded = DaemonsEnded,
        SpawnersReplaced = SpawnersReplaced,
        ResourcePauses = ResourcePauses,
        Open = (int)Math.Max(0, started - Completed),
        StuckNow = StuckNow,
        Daemons = Daemons,
        SpawnersHung = hung,
    };
}
