using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Asking;

/// <summary>How a round ended for one node (nats.md 14).</summary>
internal enum NodeOutcome
{
    Answered,

    /// <summary>Nobody listens under its name: its server is down, or has no line to the broker.</summary>
    NotConnected,

    /// <summary>Somebody listens, no reply came in time.</summary>
    Silent,

    /// <summary>Two replies for one node: two servers bear this name.</summary>
    Contradictory,

    /// <summary>It answered, and is not in the roster.</summary>
    Unlisted,

    /// <summary>The cluster runs its server, and nobody listens under its name.</summary>
    Missing,
}

/// <summary>What came of asking one node.</summary>
internal sealed record NodeAnswer(string Node, NodeOutcome Outcome)
{
    public RpcReply? Reply { get; init; }

    /// <summary>The reply as it came.</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }

    public TimeSpan? RoundTrip { get; init; }

    /// <summary>What was wrong with the reply, for people; null when nothing was.</summary>
    public string? Problem { get; init; }

    /// <summary>It answered, listed or not.</summary>
    public bool Came => Outcome is NodeOutcome.Answered or NodeOutcome.Unlisted && Reply is not null;

    /// <summary>The word in tables and JSON.</summary>
    public string Word => Outcome switch
    {
        NodeOutcome.Answered => "answered",
        NodeOutcome.NotConnected => "not_connected",
        NodeOutcome.Silent => "silent",
        NodeOutcome.Contradictory => "contradictory",
        NodeOutcome.Missing => "missing",
        _ => "unlisted",
    };
}

/// <summary>One request to one node.</summary>
internal sealed record Question(string Node, RpcRequest Request);

/// <summary>A node that is known to exist.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Entry">What it said of itself; null when its entry cannot be read.</param>
internal sealed record KnownNode(string Node, RosterEntry? Entry)
{
    /// <summary>Where it stands, as the broker found it in the cluster; null without one.</summary>
    public NodePlace? Place { get; init; }
}
