using System.Collections.Immutable;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>A check of the short form, expanded as machines.md 3.1 says.</summary>
internal static class ShortForm
{
    public static readonly string[] Keys =
    [
        "name", "interval", "labels", "depends_on", "maintenance_windows", "remediate",
        .. NagiosReader.SubjectKeys, .. NagiosReader.RunKeys, .. NagiosReader.BeliefKeys, .. NagiosReader.BuiltinKeys,
    ];

    private static readonly string[] RemediateKeys = ["command", "user", "when", "interval", "timeout", "max_runs", "per"];

    private static readonly ImmutableArray<string> Running = ["UNKNOWN", "OK", "WARNING", "CRITICAL"];
    private static readonly ImmutableArray<string> OnlyCritical = ["CRITICAL"];

    /// <summary>Null after an error.</summary>
    public static MachineDefinition? Read(ReadContext context, YamlMap map)
    {
        var fields = new FieldReader(context, map, "a check");
        fields.Only(Keys, NagiosReader.QuietKeys(context));
        string? name = fields.Require("name", "disk_root") is { } node ? fields.Name(node, "name") : null;
        TimeSpan interval = NagiosReader.Interval(fields) ?? TimeSpan.FromMinutes(1);
        TimeSpan retry = NagiosReader.Least(interval, TimeSpan.FromSeconds(15));
        NagiosWatcher? check = NagiosReader.Read(fields, interval, retry, "plugin: check_disk -w 20% -c 10%");
        ImmutableArray<KeyValuePair<string, string>> labels = SharedFields.Labels(fields);
        ImmutableArray<string> dependsOn = SharedFields.DependsOn(fields);
        ImmutableArray<MaintenanceWindow> windows = SharedFields.Windows(fields);
        ExecWatcher? remediation = null;
        if (fields.Mapping("remediate", "{ command: ./clean-up }") is { } remediate) remediation = Remediation(new FieldReader(context, remediate, "remediate"));
        if (context.Findings.HasErrors || name is null || check is null) return null;

        check = check with { StateMatch = Running };
        check = check with { Digest = context.Json.Digest(check) };
        var machine = new MachineDefinition
        {
            Name = name,
            Version = "1.0.0",
            Digest = "",
            InitialState = "UNKNOWN",
            Table = StateTables.Check,
            Watchers = remediation is null ? [check] : [check, remediation with { Digest = context.Json.Digest(remediation) }],
            Labels = labels,
            DependsOn = dependsOn,
            MaintenanceWindows = windows,
            Folder = context.Folder,
            File = context.File,
            Check = check,
            IsShortForm = true,
        };
        return machine with { Digest = context.Json.Digest(machine) };
    }

    private static ExecWatcher? Remediation(FieldReader fields)
    {
        fields.Only(RemediateKeys);
        CommandTemplate? command = fields.Require("command", "/usr/local/sbin/clean-tmp") is { } node ? CommandReader.Read(fields, "command", node) : null;
        ImmutableArray<string> when = When(fields);
        TimeSpan interval = fields.Duration("interval", TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)) ?? TimeSpan.FromMinutes(15);
        TimeSpan timeout = fields.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(1);
        int runs = fields.Integer("max_runs", 1, 1000) ?? 3;
        TimeSpan per = fields.Duration("per", TimeSpan.FromMinutes(1), TimeSpan.FromDays(365)) ?? TimeSpan.FromHours(24);
        return command is null ? null : new ExecWatcher
        {
            Name = "remediate",
            Command = command,
            Interval = interval,
            StateMatch = when,
            SuccessTransition = "UNKNOWN",
            Timeout = timeout,
            Cooldown = interval,
            MaxRuns = runs,
            Per = per,
        };
    }

    private static ImmutableArray<string> When(FieldReader fields)
    {
        if (fields.Find("when") is not { } node) return OnlyCritical;
        var states = ImmutableArray.CreateBuilder<string>();
        foreach (YamlNode item in fields.Items(node, "when", 1, 3, "CRITICAL"))
        {
            if (fields.Choice(item, "when", ["WARNING", "CRITICAL", "UNKNOWN"]) is not { } state) continue;
            if (!states.Contains(state)) states.Add(state);
            else fields.Context.Error(item, FindingKind.DuplicateName, $"'{state}' a second time in 'when'", "leave one out");
        }

        return states.Count == 1 && states[0] == "CRITICAL" ? OnlyCritical : states.ToImmutable();
    }
}
