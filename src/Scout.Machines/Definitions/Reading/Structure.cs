using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>What states and transitions must be like together (machines.md 1.2 and 11.2, <c>trap</c>).</summary>
internal static class Structure
{
    private static readonly string[] Results = ["UNKNOWN", "OK", "WARNING", "CRITICAL"];

    /// <summary>References between states, overlaps, transitions never possible, and a MAINTENANCE without a way out.</summary>
    public static void Check(FieldReader fields, StateTable table, List<(YamlMap Node, Transition Transition)> transitions)
    {
        CheckInitial(fields, table, out bool known);
        CheckOverlaps(fields.Context, transitions);
        if (known) CheckReachable(fields.Context, table, transitions);
        if (table.States.Contains("MAINTENANCE") && !table.Allowed("MAINTENANCE").Any(transition => transition.Destination != "MAINTENANCE"))
        {
            fields.Context.Degree(
                Mention(fields, "MAINTENANCE"), FindingKind.Trap, "nothing leads out of MAINTENANCE",
                "add the transition { name: RESUME, from: [MAINTENANCE], destination: UNKNOWN }");
        }
    }

    /// <summary>Every result must lead out of FORCE_CHECK, or a check that was forced never ends.</summary>
    public static void CheckForced(FieldReader fields, StateTable table)
    {
        if (!table.States.Contains("FORCE_CHECK")) return;
        var missing = Results.Where(result => table.Find("FORCE_CHECK", result) is null or { Destination: "FORCE_CHECK" }).ToList();
        if (missing.Count == 0) return;
        fields.Context.Degree(
            Mention(fields, "FORCE_CHECK"), FindingKind.Trap, $"the result {string.Join(", ", missing)} does not lead out of FORCE_CHECK",
            $"add FORCE_CHECK to 'from' of the transition {missing[0]}");
    }

    /// <summary>Windows fire MAINTENANCE and RESUME.</summary>
    public static void CheckWindows(FieldReader fields, StateTable table)
    {
        YamlScalar key = fields.Map.FindKey("maintenance_windows")!;
        if (!table.States.Contains("MAINTENANCE"))
            fields.Context.Error(key, FindingKind.UnknownState, "maintenance windows need the state 'MAINTENANCE'", "a transition MAINTENANCE that leads to it");
        foreach (string name in (string[])["MAINTENANCE", "RESUME"])
        {
            if (!table.Transitions.Any(transition => transition.Name == name))
                fields.Context.Error(key, FindingKind.UnknownTransition, $"maintenance windows need the transition '{name}'", Example(name));
        }
    }

    private static void CheckInitial(FieldReader fields, StateTable table, out bool known)
    {
        string initial = table.States[0];
        known = table.Transitions.Any(transition => transition.Destination == initial || transition.From.Contains(initial));
        if (known) return;
        YamlNode node = fields.Map.Find("initial_state")!;
        fields.Context.Degree(
            node, FindingKind.UnknownState, $"the initial state {Show.Quote(initial)} is in no transition",
            Nearest.Hint(initial, table.States.Skip(1), $"states are {Show.List(table.States.Skip(1))}"));
    }

    private static void CheckOverlaps(ReadContext context, List<(YamlMap Node, Transition Transition)> transitions)
    {
        var owners = new Dictionary<(string, string), YamlNode>();
        foreach ((YamlMap node, Transition transition) in transitions)
        {
            YamlNode name = node.Find("name")!;
            foreach (string from in transition.From)
            {
                if (owners.TryAdd((transition.Name, from), name)) continue;
                YamlNode first = owners[(transition.Name, from)];
                context.Degree(
                    name, FindingKind.DuplicateName, $"the transition {Show.Quote(transition.Name)} from {Show.Quote(from)} a second time",
                    context.Choria ? $"this one wins; the first one stands at {first.Line}:{first.Column}" : $"the first one stands at {first.Line}:{first.Column}");
                break;
            }
        }
    }

    private static void CheckReachable(ReadContext context, StateTable table, List<(YamlMap Node, Transition Transition)> transitions)
    {
        HashSet<string> reached = Reachable(table);
        foreach ((YamlMap node, Transition transition) in transitions)
        {
            if (transition.From.Any(reached.Contains)) continue;
            YamlNode name = node.Find("name")!;
            context.Degree(
                name, FindingKind.UnreachableTransition, $"the transition {Show.Quote(transition.Name)} can never happen: {Show.List(transition.From)} is never reached",
                $"states that {Show.Quote(table.States[0])} leads to are {Show.List(table.States.Where(reached.Contains))}");
        }
    }

    /// <summary>The initial state and all that transitions lead to from it.</summary>
    public static HashSet<string> Reachable(StateTable table)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { table.States[0] };
        var next = new Queue<string>(reached);
        while (next.TryDequeue(out string? state))
        {
            foreach (Transition transition in table.Allowed(state))
            {
                if (reached.Add(transition.Destination)) next.Enqueue(transition.Destination);
            }
        }

        return reached;
    }

    /// <summary>The first place that names a state: a destination, else a from, else the initial state.</summary>
    public static YamlNode Mention(FieldReader fields, string state)
    {
        YamlNode? inFrom = null;
        if (fields.Map.Find("transitions") is YamlList list)
        {
            foreach (YamlMap transition in list.Items.OfType<YamlMap>())
            {
                if (transition.Find("destination") is YamlScalar destination && destination.Text == state) return destination;
                if (transition.Find("from") is YamlList from) inFrom ??= from.Items.OfType<YamlScalar>().FirstOrDefault(item => item.Text == state);
            }
        }

        return inFrom ?? fields.Map.Find("initial_state") ?? fields.Map;
    }

    private static string Example(string name) => name == "RESUME"
        ? "add { name: RESUME, from: [MAINTENANCE], destination: UNKNOWN }"
        : "add { name: MAINTENANCE, from: [UNKNOWN, OK, WARNING, CRITICAL], destination: MAINTENANCE }";
}
