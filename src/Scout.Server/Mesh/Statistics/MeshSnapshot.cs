using System.Collections.Immutable;

namespace Scout.Server.Mesh.Statistics;

/// <summary>The mesh of this node at one moment: everything that metrics, textfile and RPC show. Counters begin at 0 with the process.</summary>
internal sealed record MeshSnapshot
{
    /// <summary>Of the node itself; empty when it has none.</summary>
    public string Zone { get; init; } = "";

    /// <summary><c>pod</c> when two planes are probed, else empty; what is of the host's plane says so itself.</summary>
    public string Plane { get; init; } = "";

    /// <summary><c>full</c> or <c>rings</c>.</summary>
    public string Topology { get; init; } = "full";

    /// <summary>k; with a full mesh the number of peers.</summary>
    public int Neighbours { get; init; }

    /// <summary>Neighbours and those that were neighbours a moment ago, by name in ordinal order; each twice when two planes are probed. Never shift or floor targets.</summary>
    public ImmutableArray<MeshPeerSample> Peers { get; init; } = [];

    /// <summary>What this node's probes of itself found; null unless <c>metrics.compat</c> wants it.</summary>
    public MeshPeerSample? Self { get; init; }

    /// <summary>Pods by node, for <c>metrics.compat</c>; who is not in it runs in none, or in one that nobody told of.</summary>
    public ImmutableDictionary<string, string> Pods { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>At most nine: the first eight zones in the order in which they were met, and <c>other</c>.</summary>
    public ImmutableArray<MeshZoneSample> Zones { get; init; } = [];

    /// <summary>Counts by <see cref="MeshOutcomeNames.Udp"/>, without reactive ones.</summary>
    public ImmutableArray<long> UdpOutcomes { get; init; } = [.. new long[6]];

    /// <summary>Counts by <see cref="MeshOutcomeNames.Tcp"/>.</summary>
    public ImmutableArray<long> TcpOutcomes { get; init; } = [.. new long[9]];

    public MeshHistogramSample TcpConnect { get; init; } = MeshHistogramSample.Empty;

    public MeshHistogramSample TcpTotal { get; init; } = MeshHistogramSample.Empty;

    public long Late { get; init; }

    public long Duplicate { get; init; }

    public long Reordered { get; init; }

    public TimeSpan Stalled { get; init; }

    /// <summary>Peers by <see cref="MeshOutcomeNames.PeerStates"/>; the whole list, not only neighbours.</summary>
    public ImmutableArray<long> PeerStates { get; init; } = [.. new long[5]];

    /// <summary>Since the peer list was last confirmed by a source; null when there never was one.</summary>
    public TimeSpan? RosterAge { get; init; }

    /// <summary>Distinct senders heard by the responder in 60 s.</summary>
    public int InProbers { get; init; }

    /// <summary>How many the rings say.</summary>
    public int InProbersExpected { get; init; }

    /// <summary>Losses by source port index 0..15.</summary>
    public ImmutableArray<long> PortLost { get; init; } = [.. new long[16]];

    public long ResponderAnswered { get; init; }

    public long ResponderStateless { get; init; }

    public long ResponderRefused { get; init; }

    public long ResponderLimited { get; init; }

    public MeshSpending Reactive { get; init; }

    public MeshSpending Traces { get; init; }

    public MeshSpending Mtu { get; init; }

    /// <summary>Of <c>dns</c> checks, when <c>metrics.compat</c> names kconmon.</summary>
    public ImmutableArray<DnsCompatSample> Dns { get; init; } = [];
}

/// <summary>One neighbour.</summary>
internal sealed record MeshPeerSample
{
    public required string Name { get; init; }

    public string Zone { get; init; } = "";

    /// <summary>Probed at the host's address, beside the pod's.</summary>
    public bool IsHostPlane { get; init; }

    public long UdpOk { get; init; }

    /// <summary>Lost, refused and wrong identity; not stalled or skipped.</summary>
    public long UdpFailed { get; init; }

    public long TcpOk { get; init; }

    public long TcpFailed { get; init; }

    /// <summary>Seconds, median of 30 s; null without a good probe in them.</summary>
    public double? UdpRtt { get; init; }

    /// <summary>Seconds, <c>total</c>, median of 30 s.</summary>
    public double? TcpRtt { get; init; }

    /// <summary>0 to 1, UDP, 60 s; null without a decided probe in them.</summary>
    public double? Loss { get; init; }

    public double? LossForward { get; init; }

    public double? LossReverse { get; init; }

    /// <summary>How long ago it ceased to be a neighbour; null while it is one.</summary>
    public TimeSpan? LeftFor { get; init; }

    /// <summary>From a <see cref="MeshCompatTally"/>; null unless <c>metrics.compat</c> names a tool.</summary>
    public MeshCompatSample? Compat { get; init; }
}

/// <summary>One zone of peers.</summary>
internal sealed record MeshZoneSample
{
    public required string Zone { get; init; }

    public MeshResultCounts Udp { get; init; }

    public MeshResultCounts Tcp { get; init; }

    /// <summary>Round trips of good UDP probes.</summary>
    public MeshHistogramSample Rtt { get; init; } = MeshHistogramSample.Empty;
}

/// <summary>Probes by result; <c>Excluded</c> are stalled and skipped ones.</summary>
internal readonly record struct MeshResultCounts(long Ok, long Fail, long Excluded);

/// <summary>Something done now and then: how it went, and how often the budget forbade it.</summary>
internal readonly record struct MeshSpending(long Ok, long Fail, long Budget);

/// <summary>The closed lists behind the counters.</summary>
internal static class MeshOutcomeNames
{
    public static readonly ImmutableArray<string> Udp = ["ok", "lost", "refused", "identity", "stalled", "skipped"];
    public static readonly ImmutableArray<string> Tcp = ["ok", "timeout", "refused", "reset", "unreachable", "status", "identity", "stalled", "skipped"];
    public static readonly ImmutableArray<string> PeerStates = ["joining", "up", "silent", "leaving", "maintenance"];
}
