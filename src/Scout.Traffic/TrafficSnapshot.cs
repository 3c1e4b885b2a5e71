using Scout.Traffic.Names;

namespace Scout.Traffic;

/// <summary>A pod's sums since the process began to see it.</summary>
public sealed record PodTraffic(PodLabel Pod, TwoWay Total);

/// <summary>A pod's sums with one service, as the pod sees them.</summary>
public sealed record PairTraffic(PodLabel Pod, ServiceKey Service, TwoWay Total);

/// <summary>A service's sums with the pods of this node, as the service sees them: it receives what pods send.</summary>
public sealed record ServiceTraffic(ServiceKey Service, TrafficServiceType Type, TwoWay Total);

/// <summary>How full a map of the kernel is.</summary>
public sealed record MapUse(string Map, long Entries, long Capacity);

/// <summary>What the kernel counted of a program's own runs; there with <c>program_stats</c>.</summary>
public sealed record ProgramUse(TrafficDirection Direction, double Seconds, long Runs);

/// <summary>The result of one collection. Immutable; metrics and checks read it and never the kernel.</summary>
public sealed record TrafficSnapshot
{
    /// <summary>Before the first collection.</summary>
    public static TrafficSnapshot None { get; } = new() { Reason = "the accounting has not collected anything yet" };

    /// <summary>True while packets are counted.</summary>
    public bool IsUp { get; init; }

    /// <summary>Why not; empty while up.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Number of the collection, from 1.</summary>
    public long Number { get; init; }

    /// <summary>Monotonic, of the reading; sums of a snapshot that is down are those of the last reading.</summary>
    public TimeSpan At { get; init; }

    /// <summary>By the wall clock, for people.</summary>
    public DateTimeOffset Taken { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>The cgroup that is counted; empty while there is none.</summary>
    public string Root { get; init; } = "";

    /// <summary><c>link</c>, <c>multi</c>, or empty while nothing is attached.</summary>
    public string Attach { get; init; } = "";

    public IReadOnlyList<PodTraffic> Pods { get; init; } = [];

    public IReadOnlyList<PairTraffic> Pairs { get; init; } = [];

    public IReadOnlyList<ServiceTraffic> Services { get; init; } = [];

    public TwoWay Loopback { get; init; }

    public TwoWay Unattributed { get; init; }

    public TwoWay Overflow { get; init; }

    /// <summary>What waits for its pod's name.</summary>
    public TwoWay Pending { get; init; }

    public IReadOnlyList<MapUse> Maps { get; init; } = [];

    public int AmbiguousPeers { get; init; }

    public int PeersDropped { get; init; }

    public long SeriesDropped { get; init; }

    public IReadOnlyList<ProgramUse> Programs { get; init; } = [];
}
