namespace Scout.Cli.Targets;

/// <summary>What a command is about: targets and filters, all of which must hold.</summary>
internal sealed record Selection
{
    /// <summary>Any of these; empty: everything.</summary>
    public IReadOnlyList<Target> Targets { get; init; } = [];

    /// <summary>Labels of machines, all of them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Labels of nodes, all of them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> NodeLabels { get; init; } = [];

    /// <summary>Any of these; empty: any state.</summary>
    public IReadOnlyList<string> States { get; init; } = [];

    /// <summary>At most so many rows, or targets; null: no limit.</summary>
    public int? Limit { get; init; }

    /// <summary>True when nothing narrows it down.</summary>
    public bool IsEverything => Targets.Count == 0 && Labels.Count == 0 && NodeLabels.Count == 0 && States.Count == 0;

    /// <summary>True when it is exactly one machine by name.</summary>
    public bool IsOneMachine => Targets is [{ IsOneMachine: true }] && Labels.Count == 0 && NodeLabels.Count == 0 && States.Count == 0;

    public bool MatchesNode(string node, IReadOnlyDictionary<string, string>? labels) =>
        (Targets.Count == 0 || Targets.Any(target => target.Node.Matches(node)))
        && NodeLabels.All(wanted => labels is not null && labels.TryGetValue(wanted.Key, out string? value) && value == wanted.Value);

    /// <summary>Whether the targets take this machine of this node.</summary>
    public bool MatchesMachine(string node, string machine) =>
        Targets.Count == 0 || Targets.Any(target => target.Node.Matches(node) && (target.Machine is null || target.Machine.Matches(machine)));

    public bool MatchesLabels(IReadOnlyDictionary<string, string>? labels) =>
        Labels.All(wanted => labels is not null && labels.TryGetValue(wanted.Key, out string? value) && value == wanted.Value);

    public bool MatchesState(string state) => States.Count == 0 || States.Contains(state, StringComparer.Ordinal);

    /// <summary>Names and globs of machines to ask this node for; empty: all of them.</summary>
    public IReadOnlyList<string> MachinesOf(string node)
    {
        var machines = new List<string>();
        foreach (Target target in Targets.Where(target => target.Node.Matches(node)))
        {
            if (target.Machine is null) return [];
            if (!machines.Contains(target.Machine.Text)) machines.Add(target.Machine.Text);
        }

        return machines;
    }

    /// <summary>Nodes that are named without a glob.</summary>
    public IEnumerable<string> LiteralNodes => Targets.Where(target => target.Node.IsLiteral).Select(target => target.Node.Text).Distinct(StringComparer.Ordinal);
}
