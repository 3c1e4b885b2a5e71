using System.Collections.Immutable;
using Scout.Machines.Definitions;

namespace Scout.Machines.Simulated;

/// <summary>What became of the scenarios of one file.</summary>
public sealed record ScenarioReport
{
    public required ScenarioFile File { get; init; }

    /// <summary>The machine under test; null when there was none to be had.</summary>
    public MachineDefinition? Machine { get; init; }

    /// <summary>Errors of the test file and of the definition; nothing ran when there is one.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>One a scenario, in file order.</summary>
    public ImmutableArray<ScenarioResult> Results { get; init; } = [];

    /// <summary>States that no scenario was in, in file order.</summary>
    public ImmutableArray<string> StatesNeverExercised { get; init; } = [];

    /// <summary>Names of transitions that no scenario saw, in file order.</summary>
    public ImmutableArray<string> TransitionsNeverExercised { get; init; } = [];

    public bool HasErrors => Findings.Any(finding => finding.Severity == Severity.Error);

    public bool Passed => !HasErrors && Results.All(result => result.Passed);
}

/// <summary>What became of one scenario.</summary>
/// <param name="Scenario">As read.</param>
/// <param name="Failures">Of the first step that failed; empty when all is as wanted.</param>
/// <param name="Tape">What happened, one line each, with the time since the start.</param>
public sealed record ScenarioResult(Scenario Scenario, ImmutableArray<ScenarioFailure> Failures, ImmutableArray<string> Tape)
{
    public bool Passed => Failures.IsEmpty;
}

/// <summary>Something was not as wanted.</summary>
/// <param name="Step">1-based; 0 for time zero.</param>
/// <param name="Line">1-based, where the wish stands.</param>
/// <param name="Column">1-based.</param>
/// <param name="Wanted">For people.</param>
/// <param name="Got">For people.</param>
public sealed record ScenarioFailure(int Step, int Line, int Column, string Wanted, string Got);
