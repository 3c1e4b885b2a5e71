using System.Collections.Immutable;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>One watcher of the long form: what all have; the type reads its own (<see cref="WatcherTypes"/>).</summary>
internal static class WatcherReader
{
    private static readonly string[] Keys =
    [
        "name", "type", "state_match", "foreign_state_required", "success_transition", "fail_transition", "interval", "announce_interval", "properties",
    ];

    private static readonly string[] ForeignKeys = ["machine_name", "state"];
    private static readonly string[] Types = ["nagios", "exec", "file", "schedule", "timer", "metric", "kv", "expression", "archive", "machines"];

    /// <summary>Null when it cannot be made; some of what is wrong is reported all the same.</summary>
    /// <param name="context">Where findings go.</param>
    /// <param name="map">The watcher.</param>
    /// <param name="table">Null when states and transitions could not be read; references are not looked at then.</param>
    public static WatcherDefinition? Read(ReadContext context, YamlMap map, StateTable? table)
    {
        var fields = new FieldReader(context, map, "a watcher");
        fields.Only(Keys);
        string? name = fields.Require("name", "check") is { } nameNode ? fields.Name(nameNode, "name") : null;
        string? type = Type(fields);
        ImmutableArray<string> states = fields.NameList("state_match", 0, 100, "OK");
        CheckStates(fields, states, table);
        ImmutableArray<ForeignState> foreign = Foreign(fields);
        TimeSpan? announce = fields.Duration("announce_interval", TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
        if (type is null) return null;

        var properties = new FieldReader(context, fields.Mapping("properties", "{ ... }") ?? new YamlMap(map.Line, map.Column), $"{Article(type)} {type} watcher");
        WatcherDefinition? watcher = WatcherTypes.Read(type, fields, properties);
        string? success = type == "nagios" ? null : Transition(fields, "success_transition", table);
        string? fail = type == "nagios" ? null : Transition(fields, "fail_transition", table);
        return watcher is null || name is null ? null : watcher with
        {
            Name = name,
            StateMatch = Shared(states),
            ForeignStates = foreign,
            AnnounceInterval = announce,
            SuccessTransition = success,
            FailTransition = fail,
        };
    }

    private static string? Type(FieldReader fields)
    {
        if (fields.Require("type", "nagios") is not { } node || fields.Scalar(node, "type", "a watcher type") is not { } type) return null;
        switch (type.Text)
        {
            case "nagios" or "exec" or "file" or "schedule" or "timer" or "metric":
                return type.Text;
            case "kv" or "expression" or "archive" or "machines":
                fields.Context.Error(node, FindingKind.NotBuilt, $"the watcher type '{type.Text}' is not built into this version", Instead(type.Text));
                return null;
            default:
                fields.Context.Error(node, FindingKind.UnknownWatcherType, $"{Show.Quote(type.Text)} is no watcher type", Instead(type.Text));
                return null;
        }
    }

    private static string Instead(string type) => type switch
    {
        "kv" => "an exec watcher with parse_as_data can fetch a value",
        "expression" => "an exec watcher can decide by its exit code",
        "archive" => "an exec watcher can fetch and unpack",
        "machines" or "plugins" => "put the files into the machine directory",
        "gossip" => "nodes announce themselves; see the roster",
        "httpswitch" or "homekit" => "fire the transition with 'scout transition'",
        "ccm_manifest" => "start the configuration tool from an exec watcher",
        _ => Nearest.Hint(type, Types, "types are nagios, exec, file, schedule, timer and metric"),
    };

    private static void CheckStates(FieldReader fields, ImmutableArray<string> states, StateTable? table)
    {
        if (table is null || fields.Map.Find("state_match") is not YamlList list) return;
        foreach (YamlScalar item in list.Items.OfType<YamlScalar>())
        {
            if (!states.Contains(item.Text) || table.States.Contains(item.Text)) continue;
            fields.Context.Error(
                item, FindingKind.UnknownState, $"{Show.Quote(item.Text)} is no state of this machine",
                Nearest.Hint(item.Text, table.States, $"states are {Show.List(table.States)}"));
        }
    }

    private static string? Transition(FieldReader fields, string key, StateTable? table)
    {
        if (fields.Name(key) is not { } name || table is null) return null;
        if (table.Transitions.Any(transition => transition.Name == name)) return name;
        IEnumerable<string> known = table.Transitions.Select(transition => transition.Name).Distinct();
        fields.Context.Error(
            fields.Map.Find(key)!, FindingKind.UnknownTransition, $"{Show.Quote(name)} is no transition of this machine",
            Nearest.Hint(name, known, $"transitions are {Show.List(known)}"));
        return null;
    }

    private static ImmutableArray<ForeignState> Foreign(FieldReader fields)
    {
        var foreign = ImmutableArray.CreateBuilder<ForeignState>();
        foreach (YamlMap map in fields.Mappings("foreign_state_required", 0, 100, "{ machine_name: other, state: OK }"))
        {
            var entry = new FieldReader(fields.Context, map, "a foreign state");
            entry.Only(ForeignKeys);
            string? machine = entry.Require("machine_name", "other") is { } machineNode ? entry.Name(machineNode, "machine_name") : null;
            string? state = entry.Require("state", "OK") is { } stateNode ? entry.Name(stateNode, "state") : null;
            if (machine is not null && state is not null) foreign.Add(new ForeignState(machine, state));
        }

        return foreign.DrainToImmutable();
    }

    // The usual set of a check is one instance everywhere.
    private static ImmutableArray<string> Shared(ImmutableArray<string> states) => states.SequenceEqual(Usual) ? Usual : states;

    private static readonly ImmutableArray<string> Usual = ["UNKNOWN", "OK", "WARNING", "CRITICAL"];

    private static string Article(string type) => type == "exec" ? "an" : "a";
}
