using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout status [TARGET...]</c>.</summary>
internal sealed class StatusCommand : ScoutCommand
{
    private readonly FleetSession session = new();
    private readonly TargetOptions targets = new();
    private readonly OutputOption output = new();
    private readonly NagiosOption nagios = new();

    public StatusCommand()
        : base("status", "Show machines and their states")
    {
        targets.AddTo(this);
        output.AddTo(this);
        nagios.AddTo(this);
        session.AddTo(this);
        Notes = "SOFT is the doubt, as in CRITICAL 2/3: two results of the three it takes to believe it. FLAGS: maint, ack, flap(ping), dep (a dependency is down), "
            + "runaway, def (its file has an error, the last good version runs), stale (the node did not answer; these are its last words).";
        Examples =
        [
            new("scout status", "every machine of every node"),
            new("scout status web1/disk_root -o yaml", "all that is known of one"),
            new("scout status 'web*' --state WARNING --state CRITICAL", "what is wrong on the web servers"),
            new("scout status -l team=storage --nagios", "as a plugin: one line, exit 0 to 3"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context) => nagios.GuardAsync(context, () =>
    {
        Selection selection = targets.Read(context);
        OutputFormat format = output.Read(context);
        return session.RunAsync(context, fleet => ShowAsync(context, fleet, selection, format));
    });

    private async Task<int> ShowAsync(CommandContext context, FleetView fleet, Selection selection, OutputFormat format)
    {
        bool asPlugin = nagios.Given(context);
        IReadOnlyList<StatusRow> rows = await fleet.MachinesAsync(selection, lastWords: !asPlugin);
        if (asPlugin) return NagiosLine.Print(context.Io, NagiosLine.Of(rows), fleet.Report.Unanswered);
        var writer = new RowWriter<StatusRow>(context.Io, StatusRow.View, format);
        writer.AddRange(selection.Limit is { } limit ? rows.Take(limit) : rows);
        writer.End(sayEmpty: fleet.Report.Unanswered.Count == 0);
        await SayUnlessEnrolledAsync(context, fleet);
        if (writer.Count < rows.Count) context.Say($"scout: {rows.Count - writer.Count} more rows; --limit {selection.Limit} stopped here");
        return fleet.Report.Finish(context, fleet.Timeout, rows.Count(row => !row.Stale), staleShown: rows.Any(row => row.Stale));
    }

    // Its machines run all the same, so nothing else in this table tells that the fleet does not see them.
    private static async Task SayUnlessEnrolledAsync(CommandContext context, FleetView fleet)
    {
        if (fleet.Asker.IsFleet || fleet.Report.Unanswered.Count > 0) return;
        Question[] questions = [.. (await fleet.KnownAsync()).Select(node => new Question(node.Node, fleet.Request(new PingArgs())))];
        foreach (NodeAnswer answer in await fleet.AskAsync(questions, fleet.Timeout))
        {
            if (answer.Reply?.Results is [PingResult { Enrolment: { } word and not "enrolled" } ping, ..]) context.Say($"scout: {answer.Node} is not seen by its fleet ({word.Replace('_', ' ')}): {ping.Broker}");
        }
    }
}
