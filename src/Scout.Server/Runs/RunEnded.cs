using Scout.Machines.Runs;

namespace Scout.Server.Runs;

/// <summary>A run that is over, on its way back to the loop.</summary>
internal sealed record RunEnded(RunRequest Request, RunOutcome Outcome)
{
    public TimeSpan CpuTime { get; init; }

    public bool Truncated { get; init; }

    /// <summary>More came on stderr than was kept.</summary>
    public bool StderrTruncated { get; init; }

    /// <summary>More numbers were printed than are kept.</summary>
    public bool PerfDataCut { get; init; }

    /// <summary>The process that would not die.</summary>
    public StuckProcess? Stuck { get; init; }

    /// <summary>Answered without a run, because an old process is still there.</summary>
    public bool Again { get; init; }
}
