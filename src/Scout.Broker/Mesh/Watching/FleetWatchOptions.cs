using Scout.Broker.Mesh.Localisation;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>What a <see cref="FleetWatch"/> goes by; times in milliseconds.</summary>
public sealed record FleetWatchOptions
{
    /// <summary>As the nodes have it; corrected by what most of their reports say.</summary>
    public MeshTopologyOptions Topology { get; init; } = MeshTopologyOptions.Default;

    public LocaliserOptions Localiser { get; init; } = new();

    /// <summary>Between two regular probes of a path, until its node reports how it has it.</summary>
    public long Interval { get; init; } = 1_000;

    /// <summary>A probe without an answer is decided so long after its send.</summary>
    public long Timeout { get; init; } = 500;

    /// <summary>A loss is told within this time of its decision; a probe that nobody told of by then was answered, while its sender speaks.</summary>
    public long Telling { get; init; } = 150;

    /// <summary>A sender speaks while its last message (one a second) is no older.</summary>
    public long Patience { get; init; } = 1_300;

    /// <summary>A node whose last message is older has stopped.</summary>
    public long Stopped { get; init; } = 3_000;

    /// <summary>A node that said nothing for so long is silent: three times the longest time between two <c>alive</c> (5 min and a tenth).</summary>
    public long Silent { get; init; } = 3 * 330_000;

    /// <summary>A node that has been silent for so long leaves the mesh until it speaks again: the default of the nodes' <c>peers.forget_after</c>.</summary>
    public long ForgetAfter { get; init; } = 3_600_000;

    /// <summary>A node that said nothing for so long during a fault told nothing of its own losses: those of others show one direction only.</summary>
    public long Wordless { get; init; } = 2_000;

    /// <summary>A node that was cut off has so long, after its fault is over, to find its way to the broker again.</summary>
    public long Return { get; init; } = 10_000;

    /// <summary>Changes of the roster are joined for so long before the rings change, as on the nodes.</summary>
    public long Settle { get; init; } = 200;

    /// <summary>Most nodes that are watched; more are counted and ignored.</summary>
    public int MaxNodes { get; init; } = 20_000;

    /// <summary>Name under which faults are told.</summary>
    public string Broker { get; init; } = "broker";
}
