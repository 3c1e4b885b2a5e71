using System.CommandLine;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;

namespace Scout.Cli.Commands.Security;

/// <summary><c>scout policy check</c>.</summary>
internal sealed class PolicyCheckCommand : ScoutCommand
{
    private readonly Argument<string> file = new("FILE") { Arity = ArgumentArity.ZeroOrOne, Description = "A policy (/etc/scout/policy.yaml)" };

    public PolicyCheckCommand()
        : base("check", "Read a policy as a node would, owner and permissions too")
    {
        Add(file);
        Notes = "Exit 0: good. 2: with findings. A running node reads its policy anew by itself, and at SIGHUP.";
        Examples = [new("scout policy check policy.yaml", "before it goes out")];
    }

    public override Task<int> RunAsync(CommandContext context) => Task.FromResult(PolicyHost.Check(context, context.Get(file) is { } path ? context.Path(path) : null));
}
