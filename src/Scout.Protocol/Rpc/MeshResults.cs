using System.Collections.Immutable;

namespace Scout.Protocol.Rpc;

/// <summary>Of <c>mesh</c>: first one about the node, then one for each peer it probes. Exactly one of both is there.</summary>
public sealed record MeshResult : RpcResult
{
    public MeshSelf? Self { get; init; }

    public MeshPeer? Peer { get; init; }
}

/// <summary>The node's own view of the mesh, over the last 60 s.</summary>
public sealed record MeshSelf
{
    /// <summary>As peers see it, or <c>off</c> with the reason in the result's message.</summary>
    public required string State { get; init; }

    /// <summary>Empty: unknown.</summary>
    public required string Zone { get; init; }

    /// <summary>Nodes in the topology, itself included.</summary>
    public required int Members { get; init; }

    /// <summary>k; 0: a full mesh.</summary>
    public required int Rings { get; init; }

    /// <summary>Peers it probes.</summary>
    public required int Neighbours { get; init; }

    /// <summary>Distinct senders in 60 s, and how many the rings say.</summary>
    public required int InProbers { get; init; }

    public required int InProbersExpected { get; init; }

    /// <summary>More than half of its peers fail at once.</summary>
    public required bool SuspectSelf { get; init; }

    /// <summary>All probes that count, 0 to 1.</summary>
    public required double Loss { get; init; }

    /// <summary>Milliseconds; absent without an answer.</summary>
    public double? RttP50Ms { get; init; }

    public double? RttP99Ms { get; init; }

    public required long Late { get; init; }

    /// <summary>Share of probes that were not counted because the process stood still, 0 to 1.</summary>
    public required double Stalled { get; init; }

    /// <summary>Where the peers come from, and how old the list is in seconds.</summary>
    public string? Source { get; init; }

    public double? RosterAgeS { get; init; }

    /// <summary>Names that a later source gave another place or zone, since the start; absent: none.</summary>
    public long? Conflicts { get; init; }

    /// <summary>Peers by state.</summary>
    public ImmutableSortedDictionary<string, int>? Peers { get; init; }
}

/// <summary>A peer, over the last 60 s.</summary>
public sealed record MeshPeer
{
    public required string Node { get; init; }

    /// <summary>Empty: unknown.</summary>
    public required string Zone { get; init; }

    public required string State { get; init; }

    /// <summary><c>pod</c> or <c>host</c>; absent with one plane.</summary>
    public string? Plane { get; init; }

    /// <summary>The address that is probed.</summary>
    public string? Address { get; init; }

    /// <summary>Failing by the rules of the check: 3 of the last 5 UDP or the last 2 TCP probes.</summary>
    public required bool Failing { get; init; }

    public required long Sent { get; init; }

    public required long Lost { get; init; }

    public long LostForward { get; init; }

    public long LostReverse { get; init; }

    public long Late { get; init; }

    public long Stalled { get; init; }

    public long Skipped { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Loss { get; init; }

    /// <summary>Median of 30 s in milliseconds; absent without an answer.</summary>
    public double? RttMs { get; init; }

    public required long TcpOk { get; init; }

    public required long TcpFailed { get; init; }

    /// <summary>Median of the last TCP probes in milliseconds; absent without an answer.</summary>
    public double? TcpMs { get; init; }

    /// <summary>What the last UDP probe ended in: <c>ok lost refused identity stalled skipped</c>; absent before the first.</summary>
    public string? Last { get; init; }
}

/// <summary>Of <c>probe</c>.</summary>
public sealed record MeshProbeResult : RpcResult
{
    public required string Target { get; init; }

    /// <summary>Of the target; empty: unknown.</summary>
    public string? Zone { get; init; }

    /// <summary><c>udp</c> or <c>tcp</c>.</summary>
    public required string Proto { get; init; }

    public required int Sent { get; init; }

    public required int Ok { get; init; }

    /// <summary>What each packet ended in, in the order sent.</summary>
    public ImmutableArray<string>? Outcomes { get; init; }

    /// <summary>Milliseconds, of the answered ones in their order.</summary>
    public ImmutableArray<double>? RttMs { get; init; }
}
