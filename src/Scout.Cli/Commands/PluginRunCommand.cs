using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;

namespace Scout.Cli.Commands;

/// <summary><c>scout plugin run -- WORD...</c>.</summary>
internal sealed class PluginRunCommand : ScoutCommand
{
    private readonly Argument<string[]> words = new("WORD") { Arity = ArgumentArity.OneOrMore, Description = "The plugin and its arguments after '--', or the whole command as one text" };
    private readonly Option<string> timeout = new("--timeout") { HelpName = "T", Description = "100ms to 1h (10s)" };
    private readonly Option<string> directory = new("--directory") { HelpName = "DIR", Description = "Working directory, and first place of the search (this one)" };
    private readonly OutputOption output = new("table", "json", "jsonl", "yaml");

    public PluginRunCommand()
        : base("run", "Run a plugin as a node would, and show what Scout makes of it")
    {
        Add(words);
        Add(timeout);
        Add(directory);
        output.AddTo(this);
        Notes = "Exit 0 when it ended by its own exit 0 to 3, whatever that means; 1 when it did not (timeout, signal, refused); 2 when the command makes no sense. "
            + "Environment, search, trust and limits are those of the node, never a shell's.";
        Examples =
        [
            new("scout plugin run -- check_disk -w 20% -c 10% -p /", "words, as typed"),
            new("scout plugin run 'check_load -w 5 -c 10' -o json", "one text, split as in a definition"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string[] given = context.Get(words) ?? [];
        TimeSpan limit = context.Get(timeout) is { } text ? Durations.Read("--timeout", text, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)) : TimeSpan.FromSeconds(10);
        string folder = context.Path(context.Get(directory) ?? ".");
        if (!Directory.Exists(folder)) throw CliException.Usage($"--directory: there is no directory {folder}", "name one that exists");
        OutputFormat format = output.Read(context);
        return PluginHost.RunAsync(context, given, limit, folder, format);
    }
}
