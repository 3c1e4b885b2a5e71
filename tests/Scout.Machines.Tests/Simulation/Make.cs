using System.Collections.Immutable;
using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Simulated;

/// <summary>Definitions for tests, as the reader would make them.</summary>
internal static class Make
{
    public static readonly string[] CheckStates = ["UNKNOWN", "OK", "WARNING", "CRITICAL"];

    private static readonly string[] AllStates = ["UNKNOWN", "OK", "WARNING", "CRITICAL", "FORCE_CHECK", "MAINTENANCE"];

    /// <summary>The table of machines.md 3.1.</summary>
    public static StateTable CheckTable { get; } = new("UNKNOWN",
    [
        To("UNKNOWN", AllStates[..5]),
        To("OK", AllStates[..5]),
        To("WARNING", AllStates[..5]),
        To("CRITICAL", AllStates[..5]),
        To("FORCE_CHECK", AllStates[..4]),
        To("MAINTENANCE", AllStates[..5]),
        To("RESUME", ["MAINTENANCE"], "UNKNOWN"),
    ]);

    public static Transition To(string name, string[] from, string? destination = null, params Subscription[] subscribe) =>
        new() { Name = name, From = [.. from], Destination = destination ?? name, Subscribe = [.. subscribe], Description = $"to {destination ?? name}" };

    public static CommandTemplate Command(params string[] words) => new([.. words.Select(Template)], string.Join(' ', words));

    public static TextTemplate Template(string text) =>
        TextTemplate.TryParse(text, out TextTemplate template, out SyntaxError error) ? template : throw new ArgumentException(error.Message);

    /// <summary>A check of the short form.</summary>
    public static MachineDefinition Check(string name, Func<NagiosWatcher, NagiosWatcher>? watcher = null, Func<MachineDefinition, MachineDefinition>? machine = null, params WatcherDefinition[] more)
    {
        var check = new NagiosWatcher
        {
            Name = "check",
            Subject = new PluginSubject(Command("check_" + name)),
            Interval = TimeSpan.FromMinutes(1),
            RetryInterval = TimeSpan.FromSeconds(15),
            Splay = TimeSpan.FromSeconds(10),
            StateMatch = [.. CheckStates],
        };
        check = watcher?.Invoke(check) ?? check;
        check = check with { Digest = DigestOf(check) };
        return Of(name, CheckTable, [check, .. more], machine);
    }

    /// <summary>What <c>remediate</c> becomes.</summary>
    public static ExecWatcher Remediate(Func<ExecWatcher, ExecWatcher>? adjust = null)
    {
        var exec = new ExecWatcher
        {
            Name = "remediate",
            Command = Command("clean-tmp"),
            Interval = TimeSpan.FromMinutes(15),
            Cooldown = TimeSpan.FromMinutes(15),
            Timeout = TimeSpan.FromMinutes(1),
            StateMatch = ["CRITICAL"],
            SuccessTransition = "UNKNOWN",
            MaxRuns = 3,
        };
        return adjust?.Invoke(exec) ?? exec;
    }

    /// <summary>A machine of the long form.</summary>
    public static MachineDefinition Of(string name, StateTable table, WatcherDefinition[] watchers, Func<MachineDefinition, MachineDefinition>? adjust = null)
    {
        WatcherDefinition[] marked = [.. watchers.Select(one => one with { Digest = DigestOf(one) })];
        var definition = new MachineDefinition
        {
            Name = name,
            Version = "1.0.0",
            Digest = "",
            InitialState = table.States[0],
            Table = table,
            Watchers = [.. marked],
            Folder = "/machines",
            File = "/machines/test.yaml",
            Check = marked.OfType<NagiosWatcher>().FirstOrDefault(),
        };
        definition = adjust?.Invoke(definition) ?? definition;
        return definition with { Digest = Short(string.Join('|', definition.Watchers.Select(one => one.Digest)) + Describe(definition)) };
    }

    public static StateTable Table(string initial, params Transition[] transitions) => new(initial, [.. transitions]);

    private static string DigestOf(WatcherDefinition watcher)
    {
        WatcherDefinition bare = watcher with { Digest = "", StateMatch = [], ForeignStates = [] };
        string subject = watcher is NagiosWatcher { Subject: PluginSubject plugin } ? plugin.Command.Source : "";
        string command = watcher is ExecWatcher exec ? exec.Command.Source + string.Join(',', exec.Environment.Select(one => one.Key)) : "";
        string schedules = watcher is ScheduleWatcher schedule ? string.Join(',', schedule.Schedules.Select(one => one.Source)) : "";
        return Short($"{bare.GetType().Name} {bare} {subject} {command} {schedules} {string.Join(',', watcher.StateMatch)} {string.Join(',', watcher.ForeignStates)}");
    }

    private static string Describe(MachineDefinition definition) =>
        string.Join(' ', definition.Version, definition.InitialState, definition.SplayStart, string.Join(',', definition.DependsOn),
            string.Join(',', definition.MaintenanceWindows), definition.RestartsInitial,
            string.Join(',', definition.Table.Transitions.Select(one => $"{one.Name}:{string.Join('+', one.From)}>{one.Destination}")));

    private static string Short(string text)
    {
        byte[] hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text));
        return Convert.ToHexStringLower(hash)[..12];
    }
}
