using System.CommandLine;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;

namespace Scout.Cli.Commands;

/// <summary><c>scout machine run PATH...</c>.</summary>
internal sealed class MachineRunCommand : ScoutCommand
{
    private readonly Argument<string[]> paths = new("PATH") { Arity = ArgumentArity.OneOrMore, Description = "A folder as a node reads it, or files" };
    private readonly Option<string> duration = new("--for") { HelpName = "T", Description = "End by itself after this time (until Ctrl-C)" };
    private readonly OutputOption output = new("table", "jsonl");

    public MachineRunCommand()
        : base("run", "Run machines in the foreground, with the real loop and real programs, to try them out")
    {
        Add(paths);
        Add(duration);
        output.AddTo(this);
        Notes = "Nothing of it is kept, no broker is asked, nothing listens. Every event is one line. Exit 0; 1 when a file was refused; 2 for a file with errors, before anything runs.";
        Examples = [new("scout machine run ./website --for 30s", "a folder, for half a minute"), new("scout machine run disk.yaml -o jsonl", "one file, as CloudEvents")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        TimeSpan? limit = context.Get(duration) is { } text ? Durations.Read("--for", text, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(365)) : null;
        OutputFormat format = output.Read(context);
        return MachineRunHost.RunAsync(context, context.Get(paths)!, limit, format);
    }
}
