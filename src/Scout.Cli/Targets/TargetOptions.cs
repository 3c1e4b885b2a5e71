using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;

namespace Scout.Cli.Targets;

/// <summary>Targets and filters of a command line.</summary>
internal sealed class TargetOptions
{
    private readonly bool mutating;
    private readonly bool machines;
    private readonly Argument<string[]> targets = new("TARGET")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "NODE or NODE/MACHINE; names, or globs with * ? [a-z]",
    };

    private readonly Option<string[]> label = Repeated("--label", "KEY=VALUE", "Only machines with this label (again: and)", "-l");
    private readonly Option<string[]> nodeLabel = Repeated("--node-label", "KEY=VALUE", "Only nodes with this label (again: and)");
    private readonly Option<string[]> state = Repeated("--state", "STATE", "Only machines in this state (again: or)");
    private readonly Option<string> limit = new("--limit") { HelpName = "N" };
    private readonly Option<bool> all = new("--all") { Description = "Every machine of every node; needed when nothing else narrows it down" };
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "Do not ask before acting on more than one machine" };

    /// <param name="mutating">It changes something: wants <c>--all</c> for everything, asks before more than one.</param>
    /// <param name="machines">It is about machines, so their filters make sense.</param>
    public TargetOptions(bool mutating = false, bool machines = true)
    {
        this.mutating = mutating;
        this.machines = machines;
        limit.Description = mutating ? "Do nothing when more than N machines match" : "Show at most N rows";
        if (!machines) targets.Description = "NODE; names, or globs with * ? [a-z]";
    }

    /// <summary>Exactly one target is wanted.</summary>
    public ArgumentArity Arity
    {
        init => targets.Arity = value;
    }

    public bool Yes(CommandContext context) => context.Get(yes);

    public void AddTo(Command command)
    {
        command.Add(targets);
        if (machines) command.Add(label);
        command.Add(nodeLabel);
        if (machines) command.Add(state);
        command.Add(limit);
        if (!mutating) return;
        command.Add(all);
        command.Add(yes);
    }

    /// <summary>Reads what was given.</summary>
    /// <exception cref="CliException">Anything that is not right, before anybody is asked.</exception>
    public Selection Read(CommandContext context)
    {
        var selection = new Selection
        {
            Targets = [.. (context.Get(targets) ?? []).Select(Target.Parse)],
            Labels = machines ? Pairs("--label", context.Get(label)) : [],
            NodeLabels = Pairs("--node-label", context.Get(nodeLabel)),
            States = machines ? States(context.Get(state)) : [],
            Limit = Limit(context.Get(limit)),
        };
        if (!machines && selection.Targets.FirstOrDefault(target => target.Machine is not null) is { } whole)
        {
            throw CliException.Usage($"target '{whole}': this command is about nodes", $"write {whole.Node}");
        }

        if (!mutating) return selection;
        if (context.Get(all))
        {
            if (selection.Targets.Count > 0) throw CliException.Usage("--all and a target exclude each other", "leave one of them out");
        }
        else if (selection.IsEverything)
        {
            throw CliException.Usage("no target was given", "name one, such as web1/disk_root or 'web*', or give --all for every machine of every node");
        }

        return selection;
    }

    /// <summary>A selection of a command with arguments of its own.</summary>
    /// <exception cref="CliException">Anything that is not right.</exception>
    public static Selection Selection(IReadOnlyList<string> words, string[]? labels, string? most) => new()
    {
        Targets = [.. words.Select(Target.Parse)],
        Labels = Pairs("--label", labels),
        Limit = Limit(most),
    };

    private static Option<string[]> Repeated(string name, string help, string description, params string[] aliases) => new(name, aliases)
    {
        HelpName = help,
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private static List<KeyValuePair<string, string>> Pairs(string option, string[]? texts)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (string text in texts ?? [])
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw CliException.Usage($"{option}: '{text}' is not KEY=VALUE", $"write {option} team=storage");
            pairs.Add(new KeyValuePair<string, string>(text[..equals], text[(equals + 1)..]));
        }

        return pairs;
    }

    private static List<string> States(string[]? texts)
    {
        var states = new List<string>();
        foreach (string text in (texts ?? []).SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (text.Length > 63 || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            {
                throw CliException.Usage($"--state: '{text}' is not the name of a state", "states of checks are OK, WARNING, CRITICAL, UNKNOWN, MAINTENANCE, FORCE_CHECK");
            }

            states.Add(text);
            if (!IsCheckState(text) && IsCheckState(text.ToUpperInvariant())) states.Add(text.ToUpperInvariant());
        }

        return states;
    }

    // `--state critical` is what people type; it stands for the state of checks as well as for a state of that very name in other machines.
    private static bool IsCheckState(string text) => text is "OK" or "WARNING" or "CRITICAL" or "UNKNOWN" or "MAINTENANCE" or "FORCE_CHECK";

    private static int? Limit(string? text)
    {
        if (text is null) return null;
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out int number) && number >= 1) return number;
        throw CliException.Usage($"--limit: '{text}' is not a whole number from 1 on", "write --limit 20");
    }
}
