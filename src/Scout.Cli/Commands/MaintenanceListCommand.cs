using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;

namespace Scout.Cli.Commands;

/// <summary><c>scout maintenance ls [TARGET...]</c>.</summary>
internal sealed class MaintenanceListCommand : ScoutCommand
{
    private readonly FleetSession session = new();
    private readonly TargetOptions targets = new();
    private readonly OutputOption output = new();

    public MaintenanceListCommand()
        : base("ls", "List what is in maintenance: since when, until when, by whom, why")
    {
        targets.AddTo(this);
        output.AddTo(this);
        session.AddTo(this);
        Examples = [new("scout maintenance ls", "everything"), new("scout maintenance ls 'web*' -o json", "for a script")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        Selection selection = targets.Read(context);
        OutputFormat format = output.Read(context);
        return session.RunAsync(context, async fleet =>
        {
            IReadOnlyList<StatusRow> all = await fleet.MachinesAsync(selection);
            MaintenanceRow[] rows = [.. all.Where(row => row.Record.Maintenance is not null).Select(row => new MaintenanceRow(row.Node, row.Machine, row.Record.Maintenance!))];
            var writer = new RowWriter<MaintenanceRow>(context.Io, MaintenanceRow.View, format);
            writer.AddRange(selection.Limit is { } limit ? rows.Take(limit) : rows);
            writer.End();
            if (writer.Count < rows.Length) context.Say($"scout: {rows.Length - writer.Count} more rows; --limit {selection.Limit} stopped here");
            int code = fleet.Report.Finish(context, fleet.Timeout, all.Count);
            // An empty list is an answer.
            return code == ExitCode.NothingMatched && !fleet.Report.Missed && selection.IsEverything ? ExitCode.Done : code;
        });
    }
}
