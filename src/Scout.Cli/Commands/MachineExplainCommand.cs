using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;
using Scout.Machines.Analysis;
using Scout.Machines.Definitions;
using Scout.Protocol;

namespace Scout.Cli.Commands;

/// <summary><c>scout machine explain FILE[#machine]</c>.</summary>
internal sealed class MachineExplainCommand : ScoutCommand
{
    private readonly Argument<string> file = new("FILE") { Description = "FILE, or FILE#machine for one of several" };
    private readonly Option<string> facts = new("--facts") { HelpName = "FILE", Description = "JSON object of facts, for templates" };
    private readonly Option<string> overrides = new("--overrides") { HelpName = "FILE", Description = "JSON object of overrides, for templates" };
    private readonly Option<string> node = new("--node") { HelpName = "NAME", Description = "Show when each check is due on this node" };
    private readonly OutputOption output = new("text", "json");

    public MachineExplainCommand()
        : base("explain", "Show what a definition means: every default, what runs, when, and what lint says")
    {
        Add(file);
        Add(facts);
        Add(overrides);
        Add(node);
        output.AddTo(this);
        Notes = "Exit 0, or 2 for a file with errors.";
        Examples = [new("scout machine explain disk.yaml", "all of a file"), new("scout machine explain disk.yaml#disk_root --node web1", "one, with its next due times on web1")];
    }

    public override Task<int> RunAsync(CommandContext context) => Task.FromResult(
        Explain(context, context.Get(file)!, context.Get(facts), context.Get(overrides), context.Get(node), output.Word(context) == "json"));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Explain(CommandContext context, string file, string? facts, string? overrides, string? node, bool json)
    {
        if (node is not null && !Names.IsNode(node)) throw CliException.Usage($"--node: '{node}' is not a node name", "1 to 63 of a-z, 0-9, _ and -");
        var options = new ExplainOptions
        {
            Syntax = DefinitionFiles.Syntax,
            Facts = JsonObject(context, "--facts", facts),
            Overrides = JsonObject(context, "--overrides", overrides),
            Node = node,
            Now = context.Io.Time.GetUtcNow(),
            TimeZone = context.Io.Time.LocalTimeZone,
        };
        (DefinitionFile read, IReadOnlyList<MachineDefinition> machines) = MachineChoice.Read(context, file, one: false);
        MachineExplanation[] explanations = [.. machines.Select(machine => MachineExplain.Explain(read, machine, options))];
        if (json)
        {
            context.Io.Out.WriteLine(JsonText.Render(
                writer =>
                {
                    writer.WriteStartArray();
                    foreach (MachineExplanation explanation in explanations) ExplainText.WriteJson(writer, explanation);
                    writer.WriteEndArray();
                },
                indented: true));
            return ExitCode.Done;
        }

        context.Io.Out.Write(string.Join("\n", explanations.Select(ExplainText.ToText)));
        return ExitCode.Done;
    }

    private static JsonElement JsonObject(CommandContext context, string option, string? path)
    {
        if (path is null) return default;
        try
        {
            using var document = JsonDocument.Parse(DefinitionFiles.Content(context, path));
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document.RootElement.Clone();
            throw CliException.Usage($"{option}: {path} is not a JSON object", "write { \"name\": value }");
        }
        catch (JsonException failure)
        {
            throw CliException.Usage($"{option}: {path} is not JSON: {failure.Message}", "write { \"name\": value }");
        }
    }
}
