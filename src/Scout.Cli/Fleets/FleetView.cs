using Scout.Cli.Asking;
using Scout.Cli.Grammar;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Fleets;

/// <summary>One command's look at its nodes: who is meant, what they say, who did not answer.</summary>
internal sealed class FleetView(INodeAsker asker, CommandContext context, TimeSpan timeout)
{
    private IReadOnlyList<KnownNode>? known;

    public INodeAsker Asker { get; } = asker;

    /// <summary>Who did not answer, what was not found; told at the end.</summary>
    public RoundReport Report { get; } = new() { Signed = asker is FleetClient { IsSigned: true } };

    /// <summary>How long a reply may take.</summary>
    public TimeSpan Timeout { get; } = timeout;

    public async Task<IReadOnlyList<KnownNode>> KnownAsync() => known ??= await Asker.KnownAsync(context.Stop);

    /// <summary>The nodes meant; names that are not in the roster are asked all the same, for the roster may be behind.</summary>
    public async Task<IReadOnlyList<KnownNode>> NodesAsync(Selection selection)
    {
        IReadOnlyList<KnownNode> all = await KnownAsync();
        if (all.Count == 0 && Asker.IsFleet) Report.EmptyFleet();
        var nodes = all.Where(node => selection.MatchesNode(node.Node, node.Entry?.Labels)).ToList();
        foreach (string name in selection.LiteralNodes.Where(name => all.All(node => node.Node != name)))
        {
            if (Asker.IsFleet && Names.IsNode(name) && selection.NodeLabels.Count == 0) nodes.Add(new KnownNode(name, null));
            else Report.UnknownNode(name, all, Asker);
        }

        return nodes;
    }

    /// <summary>Asks these nodes one thing each. Names that were in no roster and that nobody listens to are reported as unknown.</summary>
    public async Task<IReadOnlyList<NodeAnswer>> AskAsync(IEnumerable<string> nodes, Func<string, RpcArgs> args)
    {
        Question[] questions = [.. nodes.Select(node => new Question(node, Request(args(node))))];
        IReadOnlyList<NodeAnswer> answers = await AskAsync(questions, Timeout);
        IReadOnlyList<KnownNode> all = await KnownAsync();
        var told = new List<NodeAnswer>();
        foreach (NodeAnswer answer in answers)
        {
            KnownNode? found = all.FirstOrDefault(node => node.Node == answer.Node);
            bool listed = found is not null;
            if (!listed && answer.Outcome == NodeOutcome.NotConnected) Report.UnknownNode(answer.Node, all, Asker);
            else if (found?.Place is { IsExpected: true } && answer.Outcome == NodeOutcome.NotConnected) told.Add(answer with { Outcome = NodeOutcome.Missing });
            else told.Add(!listed && answer.Outcome == NodeOutcome.Answered ? answer with { Outcome = NodeOutcome.Unlisted } : answer);
        }

        foreach (NodeAnswer answer in told) Report.Note(answer, Timeout);
        return told;
    }

    /// <summary>A round with progress on the terminal; nothing is reported.</summary>
    public async Task<IReadOnlyList<NodeAnswer>> AskAsync(IReadOnlyList<Question> questions, TimeSpan wait)
    {
        using var progress = new RoundProgress(context.Io, questions.Count);
        return await Asker.AskAsync(questions, wait, progress.Answered, context.Stop);
    }

    public RpcRequest Request(RpcArgs args) => new() { Id = RequestIds.Next(), TtlMs = (int)Math.Min(Timeout.TotalMilliseconds, RpcLimits.MaxTtl), Args = args };

    /// <summary>
    /// The machines meant, page by page, by node and name. Nodes that do not answer and names that match nothing go to the report; with
    /// <paramref name="lastWords"/> the stream speaks for a silent node.
    /// </summary>
    public async Task<IReadOnlyList<StatusRow>> MachinesAsync(Selection selection, bool lastWords = false)
    {
        IReadOnlyList<KnownNode> nodes = await NodesAsync(selection);
        var rows = new List<StatusRow>();
        var after = new Dictionary<string, string?>(StringComparer.Ordinal);
        string[] asked = [.. nodes.Select(node => node.Node)];
        var answered = new List<string>();
        while (asked.Length > 0)
        {
            IReadOnlyList<NodeAnswer> answers = await AskAsync(asked, node => Args(selection, node, after.GetValueOrDefault(node)));
            var again = new List<string>();
            foreach (NodeAnswer answer in answers)
            {
                if (!answer.Came || !Report.Take(answer))
                {
                    if (lastWords && !answer.Came) await AddLastWordsAsync(rows, selection, answer.Node);
                    continue;
                }

                string? last = TakePage(rows, selection, answer);
                if (!answered.Contains(answer.Node)) answered.Add(answer.Node);
                if (answer.Reply!.Truncated > 0 && last is not null && last != after.GetValueOrDefault(answer.Node))
                {
                    after[answer.Node] = last;
                    again.Add(answer.Node);
                }
            }

            asked = [.. again];
        }

        if (rows.Count == 0 && answered.Count > 0) Report.UnknownState(selection.States);
        await ReportMissingMachinesAsync(selection, answered, rows);
        return [.. rows.OrderBy(row => row.Node, StringComparer.Ordinal).ThenBy(row => row.Machine, StringComparer.Ordinal)];
    }

    private static MachinesArgs Args(Selection selection, string node, string? after) =>
        new([.. selection.MachinesOf(node)], LabelSelector.None.AddRange(selection.Labels), [.. selection.States], after);

    private static bool Matches(Selection selection, StatusRow row) =>
        selection.MatchesMachine(row.Node, row.Machine) && selection.MatchesLabels(row.Record.Labels) && selection.MatchesState(row.Record.State);

    // The node has filtered already; an older one may know fewer filters than we do.
    private string? TakePage(List<StatusRow> rows, Selection selection, NodeAnswer answer)
    {
        string? last = null;
        foreach (RpcResult result in answer.Reply!.Results)
        {
            if (result.Machine is { } name) last = name;
            if (result is MachineLine { Refused: { } file }) Report.Refused(answer.Node, file, result.Message);
            if (result is not MachineLine { Record: { } record, Machine: { } machine }) continue;
            var row = new StatusRow(answer.Node, machine, record, Stale: false);
            if (Matches(selection, row)) rows.Add(row);
        }

        return last;
    }

    private async Task AddLastWordsAsync(List<StatusRow> rows, Selection selection, string node)
    {
        foreach (StatusRow row in await Asker.LastWordsAsync(node, context.Stop))
        {
            if (Matches(selection, row)) rows.Add(row);
        }
    }

    private async Task ReportMissingMachinesAsync(Selection selection, List<string> answered, List<StatusRow> rows)
    {
        // With filters a name may exist and yet not match; that is no mistake.
        if (selection.Labels.Count > 0 || selection.States.Count > 0) return;
        foreach (Target target in selection.Targets.Where(target => target.Machine is { IsLiteral: true }))
        {
            string machine = target.Machine!.Text;
            string[] nodes = [.. answered.Where(target.Node.Matches)];
            if (nodes.Length == 0 || rows.Any(row => row.Machine == machine && target.Node.Matches(row.Node))) continue;
            Report.UnknownMachine(target, nodes.Length == 1 ? await NamesAsync(nodes[0]) ?? [] : []);
        }
    }

    /// <summary>For commands about what is stored, when nothing was found: names nodes and machines that do not exist, with what may have been meant.</summary>
    public async Task ReportUnknownAsync(Selection selection)
    {
        IReadOnlyList<KnownNode> all = await KnownAsync();
        if (all.Count == 0 && Asker.IsFleet) Report.EmptyFleet();
        foreach (string name in selection.LiteralNodes.Where(name => all.All(node => node.Node != name))) Report.UnknownNode(name, all, Asker);
        foreach (Target target in selection.Targets.Where(target => target.IsOneMachine && all.Any(node => node.Node == target.Node.Text)))
        {
            if (await NamesAsync(target.Node.Text) is { } names && !names.Contains(target.Machine!.Text)) Report.UnknownMachine(target, names);
        }
    }

    // Null when the node does not say.
    private async Task<IReadOnlyList<string>?> NamesAsync(string node)
    {
        Question question = new(node, Request(new MachinesArgs([], LabelSelector.None, [], null)));
        NodeAnswer answer = (await Asker.AskAsync([question], Timeout, null, context.Stop))[0];
        return answer.Reply is null ? null : [.. answer.Reply.Results.Select(result => result.Machine).OfType<string>()];
    }
}
