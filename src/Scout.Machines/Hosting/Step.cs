using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Hosting;

/// <summary>
/// The effects of one input, in order: what must be committed as one, and what may happen only afterwards (machines.md 5.2, points 8 and 9).
/// The lists belong to the host and are reused for the next step: whoever keeps them copies them.
/// </summary>
public sealed class Step
{
    /// <summary>New records of the machines that changed, each machine once.</summary>
    public List<MachineRecord> Changed { get; } = [];

    /// <summary>Names of machines whose stored record is erased for good.</summary>
    public List<string> Erased { get; } = [];

    /// <summary>In the order in which they arose.</summary>
    public List<MachineEvent> Events { get; } = [];

    /// <summary>Runs to start after the commit.</summary>
    public List<RunRequest> Starts { get; } = [];

    /// <summary>Ids of runs to end with their process groups (machine deleted).</summary>
    public List<long> Cancels { get; } = [];

    /// <summary>Forced runs that ended in this step.</summary>
    public List<ForcedResult> Forced { get; } = [];

    /// <summary>A start in <see cref="Starts"/> was counted against a budget, or a command was accepted: the commit must be on disk before the effects.</summary>
    public bool MustSync { get; set; }

    /// <summary>Nothing to commit and nothing to do.</summary>
    public bool IsEmpty => Changed.Count == 0 && Erased.Count == 0 && Events.Count == 0 && Starts.Count == 0 && Cancels.Count == 0 && Forced.Count == 0;

    /// <summary>Empties it for the next input.</summary>
    public void Clear()
    {
        Changed.Clear();
        Erased.Clear();
        Events.Clear();
        Starts.Clear();
        Cancels.Clear();
        Forced.Clear();
        MustSync = false;
    }
}

/// <summary>Takes the effects of each input.</summary>
public interface IStepSink
{
    /// <summary>Commits the step and arranges what follows. Called on the loop; must not block on the disk.</summary>
    void Take(Step step, CommandReply? reply);

    /// <summary>False while commits fail: commands that change anything are refused, counted runs wait.</summary>
    bool CanCommit { get; }

    /// <summary>Why it cannot; null when it can.</summary>
    string? DegradedReason { get; }
}
