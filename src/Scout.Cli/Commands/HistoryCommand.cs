using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Protocol;

namespace Scout.Cli.Commands;

/// <summary><c>scout history TARGET...</c>.</summary>
internal sealed class HistoryCommand : ScoutCommand
{
    private readonly FleetSession session = new();
    private readonly EventTargets targets = new(ArgumentArity.OneOrMore);
    private readonly Option<bool> checks = new("--checks") { Description = "Results of checks too" };
    private readonly OutputOption output = new();

    public HistoryCommand()
        : base("history", "Show how machines came to where they are: transitions, states and who asked for what, all that is kept")
    {
        targets.AddTo(this);
        Add(checks);
        output.AddTo(this);
        session.AddTo(this);
        Examples = [new("scout history web1/disk_root", "of one machine"), new("scout history web1/disk_root --checks", "with every result")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        var query = new EventQuery
        {
            Selection = targets.Read(context),
            Remark = remark => context.Say("scout: " + remark),
            Kinds = context.Get(checks) ? [EventKind.Transition, EventKind.State, EventKind.Check] : [EventKind.Transition, EventKind.State],
            Audit = true,
        };
        OutputFormat format = output.Read(context);
        return session.RunAsync(context, fleet => EventPrinter.PrintAsync(context, fleet, query, format));
    }
}
