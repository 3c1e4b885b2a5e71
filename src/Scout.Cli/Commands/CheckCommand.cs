using System.CommandLine;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout check TARGET...</c>.</summary>
internal sealed class CheckCommand : ScoutCommand
{
    /// <summary>Results carry long output: fewer of them fit into a reply.</summary>
    private const int Portion = 20;

    private readonly FleetSession session = new();
    private readonly TargetOptions targets = new(mutating: true);
    private readonly OutputOption output = new();
    private readonly NagiosOption nagios = new();
    private readonly Option<string> wait = new("--wait") { HelpName = "T", Description = "How long to wait for results, up to 100s; 0 does not wait (until the check's own timeout)" };

    public CheckCommand()
        : base("check", "Look again at once, and show what was found")
    {
        targets.AddTo(this);
        Add(wait);
        output.AddTo(this);
        nagios.AddTo(this);
        session.AddTo(this);
        Notes = "A check that finds CRITICAL has done its work: exit 0. Exit 1 means that a machine refused (in maintenance, say) or its result is still pending.";
        Examples =
        [
            new("scout check web1/disk_root", "one check, with old and new state"),
            new("scout check 'web*/load' --yes", "the same check on many nodes"),
            new("scout check --all --state CRITICAL --yes --wait 30s", "everything that is broken"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context) => nagios.GuardAsync(context, () =>
    {
        Selection selection = targets.Read(context);
        OutputFormat format = output.Read(context);
        TimeSpan most = TimeSpan.FromMilliseconds(RpcLimits.MaxWait);
        TimeSpan patience = context.Get(wait) is { } text ? Durations.Read("--wait", text, TimeSpan.Zero, most) : most;
        return session.RunAsync(context, fleet => CheckAsync(context, fleet, selection, format, patience));
    });

    private async Task<int> CheckAsync(CommandContext context, FleetView fleet, Selection selection, OutputFormat format, TimeSpan patience)
    {
        IReadOnlyList<StatusRow> rows = await Effects.ConfirmAsync(fleet, context, selection, "check", targets.Yes(context));
        IReadOnlyList<MachineOutcome> outcomes = await Effects.AskAsync(
            fleet, rows, Portion, fleet.Timeout + patience, machines => new CheckArgs(MachineSelection.Of(machines), (int)patience.TotalMilliseconds));
        if (nagios.Given(context)) return NagiosLine.Print(context.Io, [.. outcomes.Select(AsPlugin)], fleet.Report.Unanswered);
        var writer = new RowWriter<CheckRow>(context.Io, CheckRow.View, format);
        writer.AddRange(outcomes.Select(outcome => new CheckRow(outcome.Node, outcome.Machine, outcome.Code, outcome.Message, outcome.Result as CheckResult)));
        writer.End(sayEmpty: fleet.Report.Unanswered.Count == 0);
        return fleet.Report.Finish(context, fleet.Timeout + patience, outcomes.Count, mutating: true);
    }

    private static (string Name, string State, string? Output) AsPlugin(MachineOutcome outcome)
    {
        string name = $"{outcome.Node}/{outcome.Machine}";
        if (outcome.Code != RpcCode.Ok || outcome.Result is not CheckResult result)
        {
            // Maintenance refuses to check, and counts as OK.
            bool calm = outcome.Result is CheckResult { From: "MAINTENANCE" } && outcome.Code == RpcCode.NotAllowed;
            return (name, calm ? "OK" : "UNKNOWN", outcome.Message ?? RpcCodes.Name(outcome.Code));
        }

        return (name, result.To is "WARNING" or "CRITICAL" or "UNKNOWN" ? result.To : "OK", result.Output);
    }
}
