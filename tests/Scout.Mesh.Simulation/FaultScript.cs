namespace Scout.Mesh.Simulation;

/// <summary>A script: a fleet, what happens to it, and what must be said of it.</summary>
internal sealed record FaultScript
{
    public required string Name { get; init; }

    public int Nodes { get; init; } = 1000;

    public int Zones { get; init; } = 5;

    /// <summary>Background loss of round trips.</summary>
    public double Loss { get; init; } = 1e-4;

    /// <summary>Seconds before the first step.</summary>
    public double Warm { get; init; } = 12;

    /// <summary>Seconds after the first step, at most.</summary>
    public double Run { get; init; } = 8;

    public IReadOnlyList<ScriptStep> Steps { get; init; } = [];

    public required Expectation Expect { get; init; }
}

/// <summary>What happens, and when, in seconds after the warm-up.</summary>
internal abstract record ScriptStep(double At);

internal sealed record FaultStepOf(double At, Target On, SimWay Way, double Loss, double DelayMs, bool Narrow) : ScriptStep(At);

/// <summary>All faults of the network end.</summary>
internal sealed record HealStep(double At) : ScriptStep(At);

/// <param name="Names">Variables of the nodes; empty: <paramref name="Count"/> nodes by chance.</param>
internal sealed record KillStep(double At, IReadOnlyList<string> Names, int Count) : ScriptStep(At);

internal sealed record DrainStep(double At, string Name) : ScriptStep(At);

internal sealed record StallStep(double At, string Name, double Seconds) : ScriptStep(At);

/// <summary>Nodes are drained and others join, evenly over the whole run.</summary>
internal sealed record ChurnStep(double At, double SharePerMinute) : ScriptStep(At);

/// <summary>Where a fault sits, by variables that are bound by chance on first use.</summary>
internal sealed record Target(SimFaultKind Kind, string A, string? B);

/// <summary>What must be confirmed, and how soon; nothing else may be.</summary>
/// <param name="Confirmed">All of them; empty: none.</param>
/// <param name="Killed">All nodes that were killed.</param>
/// <param name="P50">Seconds after the first step; null: no gate.</param>
/// <param name="P99">Seconds; null: no gate.</param>
/// <param name="Imprecise">Runs may name a part or the whole of the true one besides, 2 % of them.</param>
/// <param name="Within">Suspects beside the true ones are fine, confirmed ones are not; with "none" confirmed ones of these words are fine (<c>slow</c>, <c>down</c>).</param>
/// <param name="ClearedWithin">Seconds after the last heal or stall in which all must be cleared; null: not looked at.</param>
internal sealed record Expectation(IReadOnlyList<Target> Confirmed, bool Killed, double? P50, double? P99, bool Imprecise, IReadOnlyList<string> Within, double? ClearedWithin);
