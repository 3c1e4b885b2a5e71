using System.Globalization;
using System.Text;
using Scout.Machines.Definitions;
using Scout.Machines.Timing;

namespace Scout.Machines.Analysis;

/// <summary>Pictures of a machine (machines.md 11.3): the same definition gives the same bytes. What leads a state to itself has no effect and is left out.</summary>
public static class MachineGraph
{
    /// <summary>Mermaid <c>stateDiagram-v2</c>.</summary>
    public static string ToMermaid(MachineDefinition machine)
    {
        var text = new StringBuilder("stateDiagram-v2\n");
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string state in machine.Table.States)
        {
            ids.Add(state, IsPlain(state) ? state : $"s{ids.Count}");
            if (!IsPlain(state)) text.Append(CultureInfo.InvariantCulture, $"    state \"{state}\" as {ids[state]}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"    [*] --> {ids[machine.InitialState]}\n");
        foreach (Edge edge in Edges(machine, byCause: false))
            text.Append(CultureInfo.InvariantCulture, $"    {ids[edge.From]} --> {ids[edge.To]}: {string.Join(", ", edge.Names)}\n");
        foreach ((string state, List<string> notes) in Notes(machine))
        {
            text.Append(CultureInfo.InvariantCulture, $"    note right of {ids[state]}\n");
            foreach (string note in notes) text.Append(CultureInfo.InvariantCulture, $"        {note}\n");
            text.Append("    end note\n");
        }

        return text.ToString();
    }

    /// <summary>Graphviz. Edges that something other than a person can fire are solid, others dashed.</summary>
    public static string ToDot(MachineDefinition machine)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"digraph \"{machine.Name}\" {{\n    rankdir=LR;\n    node [shape=box, style=rounded];\n");
        foreach (string state in machine.Table.States)
            text.Append(CultureInfo.InvariantCulture, $"    \"{state}\"{(state == machine.InitialState ? " [peripheries=2]" : "")};\n");
        foreach (Edge edge in Edges(machine, byCause: true))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"    \"{edge.From}\" -> \"{edge.To}\" [label=\"{string.Join(", ", edge.Names)}\"{(edge.Automatic ? "" : ", style=dashed")}];\n");
        }

        foreach ((string state, List<string> notes) in Notes(machine))
        {
            // A name holds no colon, so no state is called like this.
            text.Append(CultureInfo.InvariantCulture, $"    \"note:{state}\" [shape=note, style=\"\", label=\"{string.Concat(notes.Select(note => note + "\\l"))}\"];\n");
            text.Append(CultureInfo.InvariantCulture, $"    \"{state}\" -> \"note:{state}\" [style=dotted, arrowhead=none];\n");
        }

        return text.Append("}\n").ToString();
    }

    private static List<Edge> Edges(MachineDefinition machine, bool byCause)
    {
        var automatic = new HashSet<(string, string)>(AutomaticMoves.Of(machine).Select(move => (move.From, move.Transition.Name)));
        var edges = new List<Edge>();
        var byPair = new Dictionary<(string, string, bool), Edge>();
        foreach (Transition transition in machine.Table.Transitions)
        {
            foreach (string from in transition.From)
            {
                if (transition.Destination == from || !ReferenceEquals(machine.Table.Find(from, transition.Name), transition)) continue;
                bool fires = byCause && automatic.Contains((from, transition.Name));
                if (!byPair.TryGetValue((from, transition.Destination, fires), out Edge? edge))
                {
                    byPair.Add((from, transition.Destination, fires), edge = new Edge(from, transition.Destination, fires));
                    edges.Add(edge);
                }

                if (!edge.Names.Contains(transition.Name)) edge.Names.Add(transition.Name);
            }
        }

        return edges;
    }

    private static IEnumerable<(string State, List<string> Notes)> Notes(MachineDefinition machine)
    {
        foreach (string state in machine.Table.States)
        {
            var notes = machine.Watchers.Where(watcher => AutomaticMoves.IsActive(watcher, state)).Select(Describe).ToList();
            if (notes.Count > 0) yield return (state, notes);
        }
    }

    private static string Describe(WatcherDefinition watcher)
    {
        string pace = watcher switch
        {
            TimerWatcher timer => $" after {DurationText.Format(timer.Timer)}",
            ScheduleWatcher schedule => $" for {DurationText.Format(schedule.Duration)}",
            { Interval: { } interval } => $" every {DurationText.Format(interval)}",
            _ => "",
        };
        string fires = (watcher.SuccessTransition, watcher.FailTransition) switch
        {
            (null, null) => "",
            ({ } success, null) => $", success {success}",
            (null, { } fail) => $", failure {fail}",
            ({ } success, { } fail) => $", success {success}, failure {fail}",
        };
        return $"{watcher.Name} ({watcher.Type}{pace}{fires})";
    }

    // A dash would end a name in Mermaid, and these words mean something there.
    private static bool IsPlain(string name) =>
        char.IsAsciiLetter(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_')
        && name.ToLowerInvariant() is not ("state" or "note" or "end" or "as" or "direction" or "class" or "classdef" or "style" or "click" or "hide" or "scale" or "default")
        && !(name[0] == 's' && name.Length > 1 && name.Skip(1).All(char.IsAsciiDigit));

    private sealed record Edge(string From, string To, bool Automatic)
    {
        public List<string> Names { get; } = [];
    }
}
