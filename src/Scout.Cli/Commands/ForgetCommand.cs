using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Targets;
using Scout.Protocol;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout node forget NODE...</c>: off the roster, so that nobody waits for a machine that was scrapped.</summary>
internal sealed class ForgetCommand : ScoutCommand
{
    private readonly FleetSession session = new();
    private readonly Argument<string[]> names = new("NODE") { Description = "Names, as 'scout nodes' shows them", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "Do not ask before forgetting more than one" };

    public ForgetCommand()
        : base("forget", "Take nodes that are gone for good off the roster: nobody asks for them any more")
    {
        Add(names);
        Add(yes);
        session.AddTo(this);
        Notes = "What is stored of them stays as long as the streams keep it. A node that answers is not forgotten: stop its server first. One that comes back is in the roster again. "
            + "At a secure broker it wants role admin; 'scout node revoke' takes the node's login as well.";
        Examples = [new("scout node forget web-17", "it was scrapped, and 'scout status' still waits for it")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string[] nodes = [.. (context.Get(names) ?? []).Distinct(StringComparer.Ordinal)];
        foreach (string name in nodes.Where(name => !Names.IsNode(name))) throw CliException.Usage($"'{name}' is not the name of a node", "'scout nodes' lists those that exist; patterns are not taken here");
        return session.RunAsync(context, async fleet =>
        {
            if (fleet.Asker is not FleetClient broker) throw CliException.Usage("this asks the broker, not a node", "give --broker URL");
            IReadOnlyList<KnownNode> known = await fleet.NodesAsync(new Selection { Targets = [.. nodes.Select(Target.Parse)] });
            IReadOnlyList<NodeAnswer> answers = await fleet.AskAsync(known.Select(node => node.Node), _ => new PingArgs());
            string[] gone = [.. answers.Where(answer => answer.Outcome is NodeOutcome.NotConnected or NodeOutcome.Missing).Select(answer => answer.Node)];
            foreach (NodeAnswer answer in answers.Where(answer => !gone.Contains(answer.Node)))
            {
                fleet.Report.TargetFailed();
                context.Say($"scout: {answer.Node}: is connected to the broker, and was not forgotten");
                context.Say($"hint: stop its server first: systemctl stop scout");
            }

            if (gone.Length > 1) Confirmation.Ask(context, context.Get(yes), $"{gone.Length} nodes will be taken off the roster");
            foreach (string node in gone)
            {
                await broker.ForgetAsync(node, context.Stop);
                context.Io.Out.WriteLine("forgotten: " + node);
            }

            return fleet.Report.FinishForgotten(context, fleet.Timeout, gone.Length);
        });
    }
}
