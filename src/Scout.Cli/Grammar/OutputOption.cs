using System.CommandLine;
using Scout.Cli.Rendering;

namespace Scout.Cli.Grammar;

/// <summary><c>-o</c>.</summary>
internal sealed class OutputOption
{
    private static readonly string[] Words = ["table", "wide", "json", "jsonl", "yaml", "name"];
    private readonly ChoiceOption option;

    public OutputOption(params string[] values)
    {
        option = new ChoiceOption("--output", ["-o"], values.Length > 0 ? values : Words)
        {
            HelpName = "MODE",
            Description = "How to print",
        };
    }

    public void AddTo(Command command) => command.Add(option);

    public OutputFormat Read(CommandContext context) => option.One(context) switch
    {
        null or "table" or "text" => OutputFormat.Table,
        "wide" => OutputFormat.Wide,
        "json" => OutputFormat.Json,
        "jsonl" => OutputFormat.Jsonl,
        "yaml" => OutputFormat.Yaml,
        _ => OutputFormat.Name,
    };

    /// <summary>The word itself, for commands with modes of their own; null when not given.</summary>
    public string? Word(CommandContext context) => option.One(context);
}
