using Scout.Cli.Views;
using Scout.Protocol;
using Scout.Protocol.Events;

namespace Scout.Cli.Asking;

/// <summary>A way to nodes: a fleet behind a broker, or one node behind its socket.</summary>
internal interface INodeAsker : IAsyncDisposable
{
    /// <summary>Where it asks, for messages.</summary>
    string Where { get; }

    /// <summary>A fleet has a roster, and nodes that are not in it; a socket has one node.</summary>
    bool IsFleet { get; }

    /// <summary>The nodes that are known to exist, by name.</summary>
    Task<IReadOnlyList<KnownNode>> KnownAsync(CancellationToken stop);

    /// <summary>Asks; answers come in the order of the questions, one each, when all have answered or their time is over.</summary>
    /// <param name="questions">At most one reply is wanted for each.</param>
    /// <param name="wait">How long each may take, from its sending.</param>
    /// <param name="progress">Called with each answer as it comes; may be null.</param>
    /// <param name="stop">Ctrl-C.</param>
    Task<IReadOnlyList<NodeAnswer>> AskAsync(IReadOnlyList<Question> questions, TimeSpan wait, Action<NodeAnswer>? progress, CancellationToken stop);

    /// <summary>Stored events, oldest first; with <see cref="EventQuery.Follow"/> it goes on until stopped.</summary>
    IAsyncEnumerable<EventRow> EventsAsync(EventQuery query, CancellationToken stop);

    /// <summary>What the stream remembers of a node that does not answer; empty where there is no stream.</summary>
    Task<IReadOnlyList<StatusRow>> LastWordsAsync(string node, CancellationToken stop);
}

/// <summary>Which events.</summary>
internal sealed record EventQuery
{
    public required Targets.Selection Selection { get; init; }

    /// <summary>Empty: all kinds, unless only the audit is wanted.</summary>
    public IReadOnlyList<EventKind> Kinds { get; init; } = [];

    /// <summary>Rows of the audit, whatever <see cref="Kinds"/> says; those about a machine are shown with the machine.</summary>
    public bool Audit { get; init; }

    /// <summary>Not before; null: as far back as there is anything.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only the last so many of what is stored; null: all.</summary>
    public int? Last { get; init; }

    public bool Follow { get; init; }

    /// <summary>Takes remarks for people, such as what was ignored and why.</summary>
    public Action<string>? Remark { get; init; }

    public bool Matches(EventRow row)
    {
        bool kind = Kinds.Count == 0 ? !Audit : Kinds.Contains(row.Kind);
        if (row.Event.Type == EventTypes.Audit) return (kind || Audit) && (MatchesNodeItself(row.Node) || IsAbout(row));
        return kind && (row.Machine == Names.NodeItself ? MatchesNodeItself(row.Node) : Selection.MatchesMachine(row.Node, row.Machine));
    }

    private bool IsAbout(EventRow row) =>
        EventReader.TryReadData(row.Event, out EventData? data, out _) && data is AuditData audit
        && (audit.More > 0 ? Selection.MatchesNode(row.Node, null) : audit.Machines is { } machines && machines.Any(machine => Selection.MatchesMachine(row.Node, machine)));

    // What concerns the node itself belongs to every look at the whole node.
    private bool MatchesNodeItself(string node) =>
        Selection.Targets.Count == 0 || Selection.Targets.Any(target => target.Node.Matches(node) && target.Machine is null or { Text: "*" });
}
