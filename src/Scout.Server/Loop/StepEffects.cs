using Scout.Machines.Hosting;
using Scout.Machines.Runs;

namespace Scout.Server.Loop;

/// <summary>What may happen only when a step is on disk.</summary>
internal sealed class StepEffects
{
    public List<RunRequest> Starts { get; } = [];

    public List<long> Cancels { get; } = [];

    public List<ForcedResult> Forced { get; } = [];

    /// <summary>Called on the loop when the step is safe, with null; or with the reason why it is not yet, when the store fails. Once.</summary>
    public Action<string?>? Settled { get; set; }

    /// <summary>A start in it is counted, or somebody waits for an answer.</summary>
    public bool MustSync { get; set; }

    public bool IsEmpty => Starts.Count == 0 && Cancels.Count == 0 && Forced.Count == 0 && Settled is null;

    public void Add(Step step)
    {
        Starts.AddRange(step.Starts);
        Cancels.AddRange(step.Cancels);
        Forced.AddRange(step.Forced);
        MustSync |= step.MustSync;
    }
}
