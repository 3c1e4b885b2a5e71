using Scout.Cli.Asking;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout nodes</c> and <c>scout ping</c>: who is there.</summary>
internal sealed class NodesCommand : ScoutCommand
{
    private readonly FleetSession session = new();
    private readonly TargetOptions targets = new(machines: false);
    private readonly OutputOption output = new();
    private readonly View<NodeRow> view;

    private NodesCommand(string name, string description, View<NodeRow> view, IReadOnlyList<Example> examples)
        : base(name, description)
    {
        this.view = view;
        targets.AddTo(this);
        output.AddTo(this);
        session.AddTo(this);
        Notes = "ANSWER: answered; not_connected (nobody listens under this name); silent (no reply in time); missing (the cluster runs its server, and nobody listens); contradictory (two servers bear this name); "
            + "unlisted (it answers, and is not in the roster).";
        Examples = examples;
    }

    public static NodesCommand Nodes() => new(
        "nodes", "List the nodes of the fleet, and whether they answer", NodeRow.Nodes, [new("scout nodes", "everybody in the roster"), new("scout nodes --node-label role=web -o wide", "with zone, labels, mode")]);

    public static NodesCommand Ping() => new(
        "ping", "Ask nodes whether they are there, and how long the way is", NodeRow.Pings, [new("scout ping", "everybody"), new("scout ping web1 --timeout 1s", "one node")]);

    private static NodeRow Row(NodeAnswer answer, KnownNode known, DateTimeOffset now) => new(answer.Node, answer, known.Entry, now) { Place = known.Place };

    public override Task<int> RunAsync(CommandContext context)
    {
        Selection selection = targets.Read(context);
        OutputFormat format = output.Read(context);
        return session.RunAsync(context, async fleet =>
        {
            IReadOnlyList<KnownNode> nodes = await fleet.NodesAsync(selection);
            if (selection.Limit is { } limit && nodes.Count > limit)
            {
                context.Say($"scout: {nodes.Count - limit} more nodes; --limit {limit} stopped here");
                nodes = [.. nodes.Take(limit)];
            }

            IReadOnlyList<NodeAnswer> answers = await fleet.AskAsync(nodes.Select(node => node.Node), _ => new PingArgs());
            DateTimeOffset now = context.Io.Time.GetUtcNow();
            var writer = new RowWriter<NodeRow>(context.Io, view, format);
            NodeRow[] rows = [.. answers.OrderBy(answer => answer.Node, StringComparer.Ordinal).Select(answer => Row(answer, nodes.First(node => node.Node == answer.Node), now))];
            foreach (NodeRow row in rows) writer.Add(row);
            writer.End();
            SayBehind(context, rows);
            return fleet.Report.Finish(context, fleet.Timeout, answers.Count);
        });
    }

    // Who has not heard of the last revocation: of those that were asked, the highest serial is the newest.
    private static void SayBehind(CommandContext context, NodeRow[] rows)
    {
        long newest = rows.Max(static row => row.Trust) ?? 0;
        string[] behind = [.. rows.Where(row => row.Trust is { } serial && serial < newest).Select(static row => row.Node)];
        if (behind.Length == 0) return;
        string names = string.Join(' ', behind.Take(10)) + (behind.Length > 10 ? $" and {behind.Length - 10} more" : "");
        context.Say($"scout: {behind.Length} {(behind.Length == 1 ? "node goes" : "nodes go")} by an older trust document than {newest}, and may still believe callers who were taken back: {names}");
    }
}
