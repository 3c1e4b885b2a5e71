namespace Scout.Traffic.Probing;

/// <summary>How a step of the probe ended.</summary>
public enum ProbeOutcome
{
    Ok,

    /// <summary>Works, with something to know.</summary>
    Note,

    /// <summary>The accounting cannot run.</summary>
    Failed,

    /// <summary>Not tried, because an earlier step failed.</summary>
    Skipped,
}

/// <summary>One step of the probe.</summary>
/// <param name="Name">platform, kernel, cgroup2, root, maps, programs, run, attach.</param>
/// <param name="Text">What was found, or why it failed.</param>
/// <param name="Advice">What to do; empty when there is nothing.</param>
public sealed record ProbeStep(string Name, ProbeOutcome Outcome, string Text, string Advice = "");

/// <summary>Whether the accounting can run here.</summary>
public sealed record TrafficProbeReport(IReadOnlyList<ProbeStep> Steps)
{
    public bool IsOk => Steps.All(step => step.Outcome is ProbeOutcome.Ok or ProbeOutcome.Note);

    /// <summary>Why it cannot, in one line; empty when it can.</summary>
    public string Reason => Steps.FirstOrDefault(step => step.Outcome == ProbeOutcome.Failed) is { } failed
        ? $"{failed.Name}: {failed.Text.Split('\n')[0]}{(failed.Advice.Length > 0 ? $" ({failed.Advice})" : "")}"
        : "";
}
