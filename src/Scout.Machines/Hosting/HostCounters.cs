namespace Scout.Machines.Hosting;

/// <summary>What the host refused, skipped and held back since it was made. Read on the loop.</summary>
public sealed class HostCounters
{
    /// <summary>Inputs handled.</summary>
    public long Inputs { get; internal set; }

    /// <summary>Runs asked for.</summary>
    public long Runs { get; internal set; }

    /// <summary>Real transitions.</summary>
    public long Transitions { get; internal set; }

    /// <summary>Transitions that the state did not allow.</summary>
    public long Refused { get; internal set; }

    /// <summary>Due times that passed while the watcher still ran.</summary>
    public long TicksWhileRunning { get; internal set; }

    /// <summary>Due times that passed while it waited for its turn or for a slot.</summary>
    public long TicksWhileWaiting { get; internal set; }

    /// <summary>Due times that passed while the host slept, or was too busy to look.</summary>
    public long TicksWhileAsleep { get; internal set; }

    /// <summary>Due times that made no run, whatever the cause.</summary>
    public long SkippedTicks => TicksWhileRunning + TicksWhileWaiting + TicksWhileAsleep;

    /// <summary>Writes to a machine's data that its bound refused.</summary>
    public long DataRefused { get; internal set; }

    /// <summary>Chained transitions that had to wait for the runaway limiter.</summary>
    public long Delayed { get; internal set; }

    /// <summary>Delayed transitions that were no longer allowed when their turn came, or for which there was no room.</summary>
    public long DroppedMoves { get; internal set; }

    /// <summary>Outcomes of runs that nobody waits for any more.</summary>
    public long DroppedOutcomes { get; internal set; }

    /// <summary>Runs that were no longer wanted when their turn came.</summary>
    public long DroppedRuns { get; internal set; }

    /// <summary>Counted runs that had to wait for the store.</summary>
    public long HeldRuns { get; internal set; }

    /// <summary>Times that a spent budget kept a command from running.</summary>
    public long Exhausted { get; internal set; }

    /// <summary>Steps of the wall clock that were noticed.</summary>
    public long ClockSteps { get; internal set; }
}
