using System.Collections.Immutable;

namespace Scout.Server.Mesh.Probing;

/// <summary>Whom this node probes: the whole answer of the planner, applied at once.</summary>
/// <param name="Paths">Neighbours first is not required; at most 65 000.</param>
/// <param name="Kind"><see cref="ProbeKind.Ring"/> or <see cref="ProbeKind.Full"/>: of the regular probes.</param>
/// <param name="Far">Chooses the long-range probes of a second; null in a full mesh.</param>
internal sealed record MeshPlan(ImmutableArray<MeshPath> Paths, ProbeKind Kind, IFarTargets? Far = null)
{
    public static MeshPlan Empty { get; } = new([], ProbeKind.Full);
}

/// <summary>The rotating part of the topology. Called on the engine's thread once a second; does not allocate.</summary>
internal interface IFarTargets
{
    /// <summary>At most this many are taken a second.</summary>
    const int Most = 16;

    /// <summary>Fills in whom to probe in one second.</summary>
    /// <param name="second">Unix seconds: it chooses whom, never when.</param>
    /// <returns>How many.</returns>
    int Choose(long second, Span<FarTarget> targets);
}

/// <param name="Path">Index into <see cref="MeshPlan.Paths"/>.</param>
/// <param name="Kind"><see cref="ProbeKind.Shift"/> or <see cref="ProbeKind.Floor"/>.</param>
internal readonly record struct FarTarget(int Path, ProbeKind Kind);
