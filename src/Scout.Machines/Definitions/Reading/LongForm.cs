using System.Collections.Immutable;
using System.Globalization;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>A machine of the long form (machines.md section 2).</summary>
internal static class LongForm
{
    public static readonly string[] Keys =
    [
        "name", "version", "initial_state", "splay_start", "transitions", "watchers", "labels", "depends_on", "maintenance_windows", "on_restart",
    ];

    private static readonly string[] TransitionKeys = ["name", "from", "destination", "description", "subscribe"];
    private static readonly string[] SubscribeKeys = ["machine_name", "event"];

    /// <summary>Null after an error.</summary>
    public static MachineDefinition? Read(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "a machine");
        fields.Only(Keys);
        string? name = fields.Require("name", "disk_root") is { } nameNode ? fields.Name(nameNode, "name") : null;
        string? version = Version(fields);
        string? initial = fields.Require("initial_state", "UNKNOWN") is { } initialNode ? fields.Name(initialNode, "initial_state") : null;
        TimeSpan splay = SplayStart(fields);
        ImmutableArray<KeyValuePair<string, string>> labels = SharedFields.Labels(fields);
        ImmutableArray<string> dependsOn = SharedFields.DependsOn(fields);
        ImmutableArray<MaintenanceWindow> windows = SharedFields.Windows(fields);
        string? restart = fields.Choice("on_restart", "continue", "initial");

        List<(YamlMap Node, Transition Transition)>? transitions = Transitions(fields);
        StateTable? table = null;
        if (initial is not null && transitions is not null)
        {
            table = StateTables.Intern(initial, [.. transitions.Select(entry => entry.Transition)]);
            if (table.States.Length > 100)
            {
                context.Error(map.Find("transitions")!, FindingKind.OutOfRange, $"{table.States.Length} states", "at most 100");
                return null;
            }

            Structure.Check(fields, table, transitions);
        }

        List<(YamlMap Node, WatcherDefinition Watcher)> watchers = Watchers(fields, table);
        NagiosWatcher? check = watchers.Select(entry => entry.Watcher).OfType<NagiosWatcher>().FirstOrDefault();
        bool isCheck = HasNagios(fields);
        if (!isCheck) fields.Ignored("depends_on", "only a machine with a nagios watcher has results to suppress");
        if (table is not null)
        {
            if (isCheck) Structure.CheckForced(fields, table);
            if (fields.Has("maintenance_windows")) Structure.CheckWindows(fields, table);
        }

        if (context.Findings.HasErrors || name is null || version is null || table is null) return null;
        var machine = new MachineDefinition
        {
            Name = name,
            Version = version,
            Digest = "",
            InitialState = table.States[0],
            Table = table,
            Watchers = [.. watchers.Select(entry => entry.Watcher)],
            SplayStart = splay,
            Labels = labels,
            DependsOn = isCheck ? dependsOn : [],
            MaintenanceWindows = windows,
            RestartsInitial = restart == "initial",
            Folder = context.Folder,
            File = context.File,
            Check = check,
        };
        return machine with { Digest = context.Json.Digest(machine) };
    }

    private static string? Version(FieldReader fields)
    {
        if (fields.Require("version", "1.0.0") is not { } node || fields.Scalar(node, "version", "a text") is not { } scalar) return null;
        if (Names.IsVersion(scalar.Text)) return fields.Context.Share(scalar.Text);
        fields.Context.Error(node, FindingKind.BadValue, $"'version' is {Show.Quote(scalar.Text)}", "1 to 64 of letters, digits and . + _ -, such as 1.0.0");
        return null;
    }

    // Choria gives it in bare seconds.
    private static TimeSpan SplayStart(FieldReader fields)
    {
        if (fields.Find("splay_start") is YamlScalar scalar
            && int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds))
        {
            if (seconds <= 3600) return TimeSpan.FromSeconds(seconds);
            fields.Context.Error(scalar, FindingKind.OutOfRange, $"'splay_start' is {seconds} seconds", "0 to 1h");
            return TimeSpan.Zero;
        }

        return fields.Duration("splay_start", TimeSpan.Zero, TimeSpan.FromHours(1)) ?? TimeSpan.Zero;
    }

    /// <summary>Null when one is wrong: what hangs on them is not looked at then.</summary>
    private static List<(YamlMap, Transition)>? Transitions(FieldReader fields)
    {
        const string example = "{ name: OK, from: [UNKNOWN], destination: OK }";
        if (fields.Require("transitions", $"[{example}]") is null) return null;
        var transitions = new List<(YamlMap, Transition)>();
        List<YamlMap> maps = fields.Mappings("transitions", 1, 200, example);
        foreach (YamlMap map in maps)
        {
            var entry = new FieldReader(fields.Context, map, "a transition");
            entry.Only(TransitionKeys);
            string? name = entry.Require("name", "OK") is { } nameNode ? entry.Name(nameNode, "name") : null;
            ImmutableArray<string> from = entry.Require("from", "[UNKNOWN]") is null ? [] : entry.NameList("from", 1, 100, "UNKNOWN");
            string? destination = entry.Require("destination", "OK") is { } toNode ? entry.Name(toNode, "destination") : null;
            string? description = entry.Text("description", 500);
            ImmutableArray<Subscription> subscribe = Subscribe(entry);
            if (name is null || destination is null || from.Length == 0) continue;
            transitions.Add((map, new Transition { Name = name, From = from, Destination = destination, Description = description ?? "", Subscribe = subscribe }));
        }

        return transitions.Count > 0 && transitions.Count == maps.Count && fields.Map.Find("transitions") is YamlList list && list.Items.Count == maps.Count
            ? transitions : null;
    }

    private static ImmutableArray<Subscription> Subscribe(FieldReader fields)
    {
        var subscriptions = ImmutableArray.CreateBuilder<Subscription>();
        foreach (YamlMap map in fields.Mappings("subscribe", 0, 100, "{ machine_name: other, event: CRITICAL }"))
        {
            var entry = new FieldReader(fields.Context, map, "a subscription");
            entry.Only(SubscribeKeys);
            string? machine = entry.Require("machine_name", "other") is { } machineNode ? entry.Name(machineNode, "machine_name") : null;
            string? name = entry.Require("event", "CRITICAL") is { } eventNode ? entry.Name(eventNode, "event") : null;
            if (machine is not null && name is not null) subscriptions.Add(new Subscription(machine, name));
        }

        return subscriptions.DrainToImmutable();
    }

    private static List<(YamlMap, WatcherDefinition)> Watchers(FieldReader fields, StateTable? table)
    {
        const string example = "{ name: check, type: nagios, interval: 1m, properties: { plugin: check_load } }";
        var watchers = new List<(YamlMap, WatcherDefinition)>();
        if (fields.Require("watchers", $"[{example}]") is null) return watchers;
        var names = new Dictionary<string, YamlNode>(StringComparer.OrdinalIgnoreCase);
        YamlNode? firstCheck = null;
        foreach (YamlMap map in fields.Mappings("watchers", 1, 50, example))
        {
            if (WatcherReader.Read(fields.Context, map, table) is { } watcher)
                watchers.Add((map, watcher with { Digest = fields.Context.Json.Digest(watcher) }));
            if (map.Find("name") is YamlScalar name && !names.TryAdd(name.Text, name))
                Twice(fields.Context, name, names[name.Text], "watcher");
            if (map.Find("type") is not YamlScalar { Text: "nagios" } type) continue;
            if (firstCheck is not null)
                fields.Context.Error(type, FindingKind.Conflict, "a second nagios watcher", $"a machine is one check; the first one stands at {firstCheck.Line}:{firstCheck.Column}");
            firstCheck ??= type;
        }

        return watchers;
    }

    /// <summary>Two things of one name, or of names that differ in case alone.</summary>
    public static void Twice(ReadContext context, YamlScalar name, YamlNode first, string what)
    {
        string same = ((YamlScalar)first).Text == name.Text ? "a second time" : $"differs from {Show.Quote(((YamlScalar)first).Text)} in case alone";
        context.Error(name, FindingKind.DuplicateName, $"the {what} {Show.Quote(name.Text)} {same}", $"the first one stands at {first.Line}:{first.Column}");
    }

    private static bool HasNagios(FieldReader fields) =>
        fields.Map.Find("watchers") is YamlList list && list.Items.Any(item => item is YamlMap map && map.Find("type") is YamlScalar { Text: "nagios" });
}
