using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout transition TARGET NAME</c>.</summary>
internal sealed class TransitionCommand : ScoutCommand
{
    private readonly Argument<string> target = new("TARGET") { Description = "NODE/MACHINE; names, or globs with * ? [a-z]" };
    private readonly Argument<string> transition = new("NAME") { Description = "The transition to fire, as its definition names it" };
    private readonly Option<string> limit = new("--limit") { HelpName = "N", Description = "Do nothing when more than N machines match" };
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "Do not ask before acting on more than one machine" };
    private readonly Option<string[]> label = new("--label", "-l") { HelpName = "KEY=VALUE", Description = "Only machines with this label (again: and)" };
    private readonly FleetSession session = new();
    private readonly OutputOption output = new();

    public TransitionCommand()
        : base("transition", "Fire a transition of a machine")
    {
        Add(target);
        Add(transition);
        Add(label);
        Add(limit);
        Add(yes);
        output.AddTo(this);
        session.AddTo(this);
        Notes = "A machine that refuses says which transitions it would allow. The results of checks (OK, WARNING, CRITICAL, UNKNOWN) come from checks only.";
        Examples = [new("scout transition web1/website repaired", "fire one"), new("scout inspect web1/website", "shows what is allowed now")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string name = context.Get(transition)!;
        if (!Names.IsMachine(name)) throw CliException.Usage($"'{name}' is not the name of a transition", "names are letters, digits, _ and -; 'scout inspect NODE/MACHINE' shows those allowed");
        Selection selection = TargetOptions.Selection([context.Get(target)!], context.Get(label), context.Get(limit));
        OutputFormat format = output.Read(context);
        return session.RunAsync(context, async fleet =>
        {
            IReadOnlyList<StatusRow> rows = await Effects.ConfirmAsync(fleet, context, selection, $"fire {name} on", context.Get(yes));
            IReadOnlyList<MachineOutcome> outcomes = await Effects.AskAsync(fleet, rows, 1, fleet.Timeout, machines => new TransitionArgs(machines[0], name));
            var writer = new RowWriter<ChangeRow>(context.Io, ChangeRow.View, format);
            writer.AddRange(outcomes.Select(outcome => new ChangeRow(outcome.Node, outcome.Machine, outcome.Code, outcome.Message, outcome.Result as ChangeResult)));
            writer.End(sayEmpty: fleet.Report.Unanswered.Count == 0);
            SuggestNear(context, name, outcomes);
            return fleet.Report.Finish(context, fleet.Timeout, outcomes.Count, mutating: true);
        });
    }

    private static void SuggestNear(CommandContext context, string name, IReadOnlyList<MachineOutcome> outcomes)
    {
        IEnumerable<string> allowed = outcomes.Where(outcome => outcome.Code == RpcCode.NotAllowed)
            .SelectMany(outcome => (outcome.Result as ChangeResult)?.Allowed is { IsDefault: false } names ? names.AsEnumerable() : []).Distinct(StringComparer.Ordinal);
        if (Nearest.Find(name, allowed) is { } near && near != name) context.Say($"hint: did you mean '{near}'?");
    }
}
