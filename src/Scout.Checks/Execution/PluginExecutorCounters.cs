namespace Scout.Checks.Execution;

/// <summary>What an executor has done since its start; all but the last four only grow.</summary>
public sealed record PluginExecutorCounters
{
    public long Started { get; init; }

    public long Completed { get; init; }

    public long Timeouts { get; init; }

    public long Stuck { get; init; }

    public long OutputLimits { get; init; }

    public long Truncated { get; init; }

    public long SpawnFailures { get; init; }

    public long Refused { get; init; }

    public long Lost { get; init; }

    /// <summary>Children of plugins that ended and were reaped here.</summary>
    public long OrphansReaped { get; init; }

    /// <summary>Processes outside of their group that were ended.</summary>
    public long StraysEnded { get; init; }

    /// <summary>Processes that left their group and outlived a normal exit: left alone when they were met.</summary>
    public long DaemonsKept { get; init; }

    /// <summary>Of these, the oldest of a machine that had too many: ended after all.</summary>
    public long DaemonsEnded { get; init; }

    public long SpawnersReplaced { get; init; }

    public long ResourcePauses { get; init; }

    /// <summary>Runs that were started and have no result yet.</summary>
    public int Open { get; init; }

    /// <summary>Processes that were answered <c>stuck</c> and are still there.</summary>
    public int StuckNow { get; init; }

    /// <summary>Processes that left their group, outlived a normal exit and are left alone.</summary>
    public int Daemons { get; init; }

    /// <summary>Spawners that have not come back.</summary>
    public int SpawnersHung { get; init; }
}
