using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Live;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Protocol;

namespace Scout.Cli.Commands;

/// <summary><c>scout watch [TARGET...]</c>.</summary>
internal sealed class WatchCommand : ScoutCommand
{
    private readonly FleetSession session = new();
    private readonly TargetOptions targets = new();
    private readonly OutputOption output = new("table", "json", "jsonl", "name");

    public WatchCommand()
        : base("watch", "Watch machines live, worst first; a line a change when it is not a terminal")
    {
        targets.AddTo(this);
        output.AddTo(this);
        session.AddTo(this);
        Notes = "Ends with Ctrl-C.";
        Examples = [new("scout watch", "everything"), new("scout watch 'web*' --state WARNING --state CRITICAL", "what is wrong on the web servers, as it comes and goes"), new("scout watch | tee log", "a line a change")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        Selection selection = targets.Read(context);
        OutputFormat format = output.Read(context);
        bool live = context.Io.OutIsTerminal && format == OutputFormat.Table && context.Io.Variable("TERM") != "dumb";
        return session.RunAsync(context, fleet =>
        {
            if (live) return LiveView.RunAsync(context, fleet, selection);
            var query = new EventQuery
            {
                Selection = selection with { Labels = [], States = [] },
                Kinds = [EventKind.Transition, EventKind.State],
                Since = context.Io.Time.GetUtcNow(),
                Follow = true,
                Remark = remark => context.Say("scout: " + remark),
            };
            return EventPrinter.PrintAsync(context, fleet, query, format);
        });
    }
}
