using System.Net;

namespace Scout.Server.Mesh.Probing;

/// <summary>What the prober does with a path.</summary>
internal enum PathRole : byte
{
    /// <summary>Probed on schedule by UDP and TCP.</summary>
    Neighbour,

    /// <summary>Probed when shift, floor or somebody asks.</summary>
    Far,
}

/// <summary>
/// One address of one peer, as the planner saw it. Immutable: a change is a new path in a new <see cref="MeshPlan"/>; the prober keeps its state by
/// <see cref="PeerId"/> and <see cref="Plane"/>.
/// </summary>
internal sealed class MeshPath
{
    /// <summary>The plane of a node's path to itself, which counts for the metrics of older tools only.</summary>
    public const byte SelfPlane = 2;

    /// <summary>Name in the roster.</summary>
    public required string Peer { get; init; }

    /// <summary>FNV-1a-64 of the name.</summary>
    public required ulong PeerId { get; init; }

    public required IPAddress Address { get; init; }

    /// <summary>One number for UDP and TCP.</summary>
    public required int Port { get; init; }

    /// <summary>0 = the first address of the peer (pod), 1 = the second (host), <see cref="SelfPlane"/>.</summary>
    public byte Plane { get; init; }

    /// <summary>To this node itself.</summary>
    public bool IsSelf => Plane == SelfPlane;

    public PathRole Role { get; init; }

    /// <summary>Listed as leaving: failures are <c>skipped</c>. The prober also learns it by itself, from an answer.</summary>
    public bool Leaving { get; init; }

    /// <summary>Start of the peer in Unix seconds; a change ends a <c>leaving</c> that was learned. 0 = not known.</summary>
    public uint Incarnation { get; init; }

    /// <summary>When the peer was listed first, monotonic ns; for 5 s after it failures of a peer that never answered are <c>skipped</c>.</summary>
    public long ListedAt { get; init; } = long.MinValue / 2;

    /// <summary>Whatever the planner wants to find again in a trial: its counters of this peer.</summary>
    public object? Owner { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Peer} ({Address} port {Port})";
}
