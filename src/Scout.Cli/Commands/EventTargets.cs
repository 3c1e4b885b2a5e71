using System.CommandLine;
using Scout.Cli.Grammar;
using Scout.Cli.Targets;

namespace Scout.Cli.Commands;

/// <summary>Targets of commands about events: names only, for what is stored knows no present state.</summary>
internal sealed class EventTargets(ArgumentArity arity)
{
    private readonly Argument<string[]> targets = new("TARGET")
    {
        Arity = arity,
        Description = "NODE or NODE/MACHINE; names, or globs with * ? [a-z]",
    };

    public void AddTo(Command command) => command.Add(targets);

    public Selection Read(CommandContext context) => new() { Targets = [.. (context.Get(targets) ?? []).Select(Target.Parse)] };
}
