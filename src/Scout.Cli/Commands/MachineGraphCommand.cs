using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Machines.Analysis;
using Scout.Machines.Definitions;

namespace Scout.Cli.Commands;

/// <summary><c>scout machine graph FILE[#machine]</c>.</summary>
internal sealed class MachineGraphCommand : ScoutCommand
{
    private readonly Argument<string> file = new("FILE") { Description = "FILE, or FILE#machine where it has several" };
    private readonly OutputOption output = new("mermaid", "dot", "json");

    public MachineGraphCommand()
        : base("graph", "Draw a machine: Mermaid, or DOT for Graphviz")
    {
        Add(file);
        output.AddTo(this);
        Notes = "The same definition gives the same bytes. In DOT, solid edges happen by themselves, dashed ones want a person. Exit 2: a file with errors.";
        Examples = [new("scout machine graph website/machine.yaml", "for a page that draws Mermaid"), new("scout machine graph disk.yaml#disk_root -o dot | dot -Tsvg", "as a picture")];
    }

    public override Task<int> RunAsync(CommandContext context) => Task.FromResult(Draw(context, context.Get(file)!, output.Word(context) ?? "mermaid"));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Draw(CommandContext context, string file, string mode)
    {
        (_, IReadOnlyList<MachineDefinition> machines) = MachineChoice.Read(context, file, one: true);
        MachineDefinition machine = machines[0];
        if (mode == "json") context.Io.Out.WriteLine(JsonText.Render(writer => Write(writer, machine), indented: true));
        else context.Io.Out.Write(mode == "dot" ? MachineGraph.ToDot(machine) : MachineGraph.ToMermaid(machine));
        return ExitCode.Done;
    }

    private static void Write(Utf8JsonWriter writer, MachineDefinition machine)
    {
        writer.WriteStartObject();
        writer.WriteString("name", machine.Name);
        writer.WriteString("initial_state", machine.InitialState);
        writer.Texts("states", machine.Table.States);
        writer.WriteStartArray("transitions");
        foreach (Transition transition in machine.Table.Transitions)
        {
            writer.WriteStartObject();
            writer.WriteString("name", transition.Name);
            writer.Texts("from", transition.From);
            writer.WriteString("destination", transition.Destination);
            writer.Text("description", transition.Description.Length == 0 ? null : transition.Description);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
