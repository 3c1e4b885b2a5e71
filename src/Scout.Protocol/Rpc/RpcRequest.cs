using System.Collections.Immutable;

namespace Scout.Protocol.Rpc;

/// <summary>A request, <c>io.scout.rpc.request.v1</c> (nats.md 14). Its action stands in the subject, or beside it on the local socket.</summary>
public sealed record RpcRequest
{
    public const string Schema = "io.scout.rpc.request.v1";

    /// <summary>1 to 64 of <c>[A-Za-z0-9._:-]</c>; a UUID as a rule. The same id from the same caller gets the recorded outcome.</summary>
    public required string Id { get; init; }

    /// <summary>Milliseconds from arrival within which the action must start.</summary>
    public int TtlMs { get; init; } = 5000;

    /// <summary>Milliseconds over which replies are spread; 0 to 30,000.</summary>
    public int ReplySpreadMs { get; init; }

    /// <summary>Nodes it does not match do not reply.</summary>
    public NodeFilter? Filter { get; init; }

    public required RpcArgs Args { get; init; }

    public RpcAction Action => Args.Action;
}

/// <summary>Which nodes are meant.</summary>
/// <param name="Nodes">Names or globs, any may match; empty: every node.</param>
/// <param name="Labels">Of the node; all must hold.</param>
public sealed record NodeFilter(ImmutableArray<string> Nodes, ImmutableSortedDictionary<string, string> Labels)
{
    public bool Matches(string node, IReadOnlyDictionary<string, string> labels) =>
        (Nodes.IsEmpty || Nodes.Any(pattern => Glob.Matches(pattern, node))) && LabelSelector.Matches(Labels, labels);
}

/// <summary>Arguments of one action.</summary>
public abstract record RpcArgs
{
    public abstract RpcAction Action { get; }
}

public sealed record PingArgs : RpcArgs
{
    public override RpcAction Action => RpcAction.Ping;
}

/// <param name="Keys">Which facts; empty: all.</param>
public sealed record FactsArgs(ImmutableArray<string> Keys) : RpcArgs
{
    public override RpcAction Action => RpcAction.Facts;
}

/// <summary>Which machines to list; everything that is given must hold.</summary>
/// <param name="Machines">Names or globs; empty: all.</param>
/// <param name="Labels">Of the machine.</param>
/// <param name="States">Any of them; empty: all.</param>
/// <param name="After">Go on after this name.</param>
public sealed record MachinesArgs(
    ImmutableArray<string> Machines, ImmutableSortedDictionary<string, string> Labels, ImmutableArray<string> States, string? After) : RpcArgs
{
    public override RpcAction Action => RpcAction.Machines;
}

/// <param name="Machine">Exact name.</param>
public sealed record MachineArgs(string Machine) : RpcArgs
{
    public override RpcAction Action => RpcAction.Machine;
}

/// <param name="Selection">Which machines.</param>
/// <param name="WaitMs">How long the reply waits for the results; 0: not at all.</param>
public sealed record CheckArgs(MachineSelection Selection, int WaitMs) : RpcArgs
{
    public override RpcAction Action => RpcAction.Check;
}

/// <param name="Machine">Exact name.</param>
/// <param name="Transition">Name.</param>
public sealed record TransitionArgs(string Machine, string Transition) : RpcArgs
{
    public override RpcAction Action => RpcAction.Transition;
}

/// <summary>Exactly one of <paramref name="ForS"/>, <paramref name="Until"/> and <paramref name="OpenEnded"/>: an end is never forgotten by accident.</summary>
/// <param name="Selection">Which machines.</param>
/// <param name="ForS">Seconds, 1 to 365 d.</param>
/// <param name="Until">Wall clock; the node checks that it lies ahead.</param>
/// <param name="OpenEnded">No end.</param>
/// <param name="Reason">Up to 500 characters.</param>
public sealed record MaintenanceArgs(MachineSelection Selection, long? ForS, DateTimeOffset? Until, bool OpenEnded, string Reason) : RpcArgs
{
    public override RpcAction Action => RpcAction.Maintenance;
}

public sealed record ResumeArgs(MachineSelection Selection) : RpcArgs
{
    public override RpcAction Action => RpcAction.Resume;
}

/// <param name="Selection">Which machines.</param>
/// <param name="Until">Null: until it is OK.</param>
/// <param name="Reason">Up to 500 characters.</param>
public sealed record AcknowledgeArgs(MachineSelection Selection, DateTimeOffset? Until, string Reason) : RpcArgs
{
    public override RpcAction Action => RpcAction.Acknowledge;
}

/// <summary>Rows of the node's peers, after one about the node itself.</summary>
/// <param name="After">Go on after this peer; null: from the start.</param>
public sealed record MeshArgs(string? After) : RpcArgs
{
    public override RpcAction Action => RpcAction.Mesh;
}

/// <summary>A few packets to a node of the roster: a name, never an address.</summary>
/// <param name="Target">Node name.</param>
/// <param name="Packets">1 to <see cref="MaxPackets"/>.</param>
/// <param name="Tcp">A TCP probe instead; then <paramref name="Packets"/> is 1.</param>
public sealed record ProbeArgs(string Target, int Packets, bool Tcp = false) : RpcArgs
{
    public const int MaxPackets = 5;

    public override RpcAction Action => RpcAction.Probe;
}

/// <summary>On the local socket only.</summary>
/// <param name="Machines">Names or globs; empty: all.</param>
/// <param name="Kinds">Empty: all.</param>
/// <param name="Since">Not before.</param>
/// <param name="Until">Before.</param>
/// <param name="After">Go on after this sequence.</param>
/// <param name="Limit">1 to 1,000.</param>
/// <param name="WaitMs">How long to wait when there is nothing new.</param>
public sealed record HistoryArgs(
    ImmutableArray<string> Machines,
    ImmutableArray<EventKind> Kinds,
    DateTimeOffset? Since,
    DateTimeOffset? Until,
    EventSequence? After,
    int Limit,
    int WaitMs) : RpcArgs
{
    public override RpcAction Action => RpcAction.History;

    /// <summary>The word <c>audit</c> stands among the kinds: rows of the audit, which <c>watcher</c> has too. Those about a machine count as its own.</summary>
    public bool Audit { get; init; }
}
