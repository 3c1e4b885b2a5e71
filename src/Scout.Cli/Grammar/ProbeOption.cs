using System.CommandLine;
using Scout.Checks.Probes.Options;
using Scout.Cli.Errors;

namespace Scout.Cli.Grammar;

/// <summary>An option of a probe on the command line: what it says becomes the same tree that a definition would give.</summary>
internal sealed class ProbeOption
{
    private readonly OptionInfo info;
    private readonly ChoiceOption? choice;
    private readonly Option<bool>? flag;
    private readonly Option<string[]>? texts;

    private ProbeOption(OptionInfo info)
    {
        this.info = info;
        string name = "--" + info.Name.Replace('_', '-');
        string description = char.ToUpperInvariant(info.Help[0]) + info.Help[1..] + (info.Default.Length > 0 ? $" ({info.Default})" : "");
        if (info.Form == OptionForm.Flag) Option = flag = new Option<bool>(name) { Description = info.Default == "true" ? $"{description}; --{info.Name.Replace('_', '-')} false" : description };
        else if (info.Choices.Count > 0) Option = choice = new ChoiceOption(name, [], info.Choices) { HelpName = info.Placeholder, Description = description };
        else Option = texts = new Option<string[]>(name) { HelpName = info.Placeholder, Description = description, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    }

    public Option Option { get; }

    /// <summary>As in a definition.</summary>
    public string Key => info.Name;

    public static ProbeOption Of(OptionInfo info) => new(info);

    /// <summary>What was given; null when nothing.</summary>
    public OptionNode? Read(CommandContext context)
    {
        if (!context.Given(Option)) return null;
        if (flag is not null) return Text(context.Get(flag) ? "true" : "false");
        if (choice is not null) return choice.One(context) is { } word ? Text(word) : null;
        string[] given = context.Get(texts!) ?? [];
        return info.Form switch
        {
            OptionForm.List => List(given),
            OptionForm.Map => Map(given),
            OptionForm.Group => Group(given),
            _ when given.Length > 1 => throw CliException.Usage($"{Option.Name} was given {given.Length} times", "give it once"),
            _ => Text(given[0]),
        };
    }

    private static OptionText Text(string value) => new(value, Quoted: true, 1, 1);

    private static OptionList List(IEnumerable<string> given) =>
        new([.. given.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(Text)], 1, 1);

    private OptionMap Map(string[] given) => new([.. given.Select(Pair).Select(pair => new OptionEntry(pair.Key, 1, 1, Text(pair.Value)))], 1, 1);

    // "min=1,include=a,b" and "connect.warning=50ms": a piece without '=' goes on with the list before it.
    private OptionMap Group(string[] given)
    {
        var pieces = new List<string>();
        foreach (string piece in given.SelectMany(value => info.Members.Any(member => member.Form is OptionForm.List or OptionForm.Group) ? value.Split(',') : [value]))
        {
            if (pieces.Count > 0 && !piece.Contains('=', StringComparison.Ordinal)) pieces[^1] += "," + piece;
            else pieces.Add(piece);
        }

        if (info.Name == "client") pieces = [.. pieces.SelectMany(piece => piece.Split(','))];
        return Tree(info.Members, [.. pieces.Select(Pair)]);
    }

    private static OptionMap Tree(IReadOnlyList<OptionInfo> members, IReadOnlyList<(string Key, string Value)> pairs)
    {
        var entries = new List<OptionEntry>();
        foreach (IGrouping<string, (string Key, string Value)> group in pairs.GroupBy(pair => pair.Key.Split('.')[0], StringComparer.Ordinal))
        {
            OptionInfo? member = members.FirstOrDefault(one => one.Name == group.Key);
            OptionNode value = member?.Form switch
            {
                OptionForm.Group => Tree(member.Members, [.. group.Select(pair => (pair.Key.Contains('.', StringComparison.Ordinal) ? pair.Key[(group.Key.Length + 1)..] : "", pair.Value))]),
                OptionForm.List => List(group.Select(pair => pair.Value)),
                _ => Text(group.Last().Value),
            };
            entries.Add(new OptionEntry(group.Key, 1, 1, value));
        }

        return new OptionMap(entries, 1, 1);
    }

    private (string Key, string Value) Pair(string text)
    {
        int at = text.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0) throw CliException.Usage($"{Option.Name}: '{text}' has no '='", $"write {Option.Name} {info.Placeholder}");
        return (text[..at], text[(at + 1)..]);
    }
}
