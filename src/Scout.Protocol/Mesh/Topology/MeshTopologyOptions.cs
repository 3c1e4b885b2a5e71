namespace Scout.Protocol.Mesh;

/// <summary>Who probes whom.</summary>
public enum MeshTopologyKind
{
    /// <summary>Full up to <see cref="MeshTopologyOptions.FullMeshMax"/> nodes, rings beyond.</summary>
    Auto,

    /// <summary>Everybody probes everybody.</summary>
    Full,

    /// <summary>Everybody probes k others.</summary>
    Rings,
}

/// <summary>What every node of a fleet must have alike; see <c>mesh.topology</c>, <c>mesh.shift</c> and <c>mesh.zone_floor</c>.</summary>
public sealed record MeshTopologyOptions
{
    public const int MinNeighbours = 3;
    public const int MaxNeighbours = 32;

    public static MeshTopologyOptions Default { get; } = new();

    public MeshTopologyKind Kind { get; init; } = MeshTopologyKind.Auto;

    /// <summary>Largest fleet that is a full mesh with <see cref="MeshTopologyKind.Auto"/>, in nodes.</summary>
    public int FullMeshMax { get; init; } = 24;

    /// <summary>k, 3 to 32: rings, and so neighbours of a node.</summary>
    public int Neighbours { get; init; } = 10;

    /// <summary>Probes a second wanted for an ordered pair of zones; 0: no floor.</summary>
    public int FloorPerSecond { get; init; } = 20;

    /// <summary>Probes a second that a node pays for it, on average over its zone.</summary>
    public int FloorBudget { get; init; } = 5;
}

/// <summary>A node as the topology sees it.</summary>
/// <param name="Name">Of the node; unique.</param>
/// <param name="Zone">Empty: unknown, a zone like another.</param>
public readonly record struct MeshMember(string Name, string Zone);
