using System.CommandLine;
using Scout.Cli.Grammar;

namespace Scout.Cli.Completion;

/// <summary>What may come after each command, read from the grammar.</summary>
internal sealed record CompletionTree(IReadOnlyList<CompletionNode> Nodes)
{
    public static CompletionTree Of(Command root)
    {
        var nodes = new List<CompletionNode>();
        Add(nodes, root, "");
        return new CompletionTree(nodes);
    }

    private static void Add(List<CompletionNode> nodes, Command command, string path)
    {
        nodes.Add(new CompletionNode
        {
            Path = path,
            Subcommands = [.. command.Subcommands.Where(sub => !sub.Hidden).Select(sub => (sub.Name, sub.Description ?? ""))],
            Options = [.. command.Options.Where(option => !option.Hidden).Select(Describe)],
            Wants = Wants(command),
            Words = command.Arguments.FirstOrDefault() is { Name: "SHELL" } ? ["bash", "zsh", "fish"] : [],
        });
        foreach (Command sub in command.Subcommands.Where(sub => !sub.Hidden)) Add(nodes, sub, path.Length == 0 ? sub.Name : $"{path} {sub.Name}");
    }

    private static CompletionOption Describe(Option option) => new()
    {
        Names = [.. option.Aliases.Append(option.Name).OrderBy(name => name.Length)],
        Description = option.Description ?? "",
        TakesValue = option.ValueType != typeof(bool),
        Values = option switch
        {
            ChoiceOption choice => choice.Values,
            // Other machines have other states; these are what is typed at night.
            { HelpName: "STATE" } => ["CRITICAL", "WARNING", "UNKNOWN", "OK", "MAINTENANCE"],
            _ => [],
        },
        WantsFile = option.HelpName is "FILE" or "DIR" or "PATH",
    };

    private static ArgumentKind Wants(Command command) => command.Arguments.FirstOrDefault()?.Name switch
    {
        "TARGET" when command.Options.Any(option => option.Name == "--label") || command.Name is "inspect" => ArgumentKind.Machines,
        "TARGET" => ArgumentKind.Nodes,
        "NODE" when command.Options.Any(option => option.Name == "--broker") && command.Name is "forget" or "probe" => ArgumentKind.Nodes,
        "WHAT" when command.Name is "diagnose" => ArgumentKind.Nodes,
        "PATH" or "FILE" => ArgumentKind.Files,
        _ => ArgumentKind.Nothing,
    };
}

internal enum ArgumentKind
{
    Nothing,
    Machines,
    Nodes,
    Files,
}

internal sealed record CompletionNode
{
    /// <summary>Words after <c>scout</c>, joined by blanks; empty for the root.</summary>
    public required string Path { get; init; }

    public required IReadOnlyList<(string Name, string Description)> Subcommands { get; init; }

    public required IReadOnlyList<CompletionOption> Options { get; init; }

    public required ArgumentKind Wants { get; init; }

    public required IReadOnlyList<string> Words { get; init; }
}

internal sealed record CompletionOption
{
    public required IReadOnlyList<string> Names { get; init; }

    public required string Description { get; init; }

    public required bool TakesValue { get; init; }

    public required IReadOnlyList<string> Values { get; init; }

    public required bool WantsFile { get; init; }
}
