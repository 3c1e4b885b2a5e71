using System.Collections.Immutable;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>The properties of each type (the table of machines.md section 8).</summary>
internal static class WatcherTypes
{
    private static readonly TimeSpan Half = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Tenth = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    private static readonly string[] CheckKeys = [.. NagiosReader.SubjectKeys, .. NagiosReader.RunKeys, .. NagiosReader.BeliefKeys, .. NagiosReader.BuiltinKeys];
    private static readonly string[] ExecKeys =
    [
        "command", "user", "timeout", "environment", "parse_as_data", "suppress_success_announce", "gather_initial_state", "cooldown", "max_runs", "per",
        "governor", "governor_timeout", "disown",
    ];

    private static readonly string[] FileKeys = ["path", "gather_initial_state", "contents", "content", "owner", "group", "mode"];
    private static readonly string[] ScheduleKeys = ["schedules", "duration", "start_splay", "skip_trigger_on_reenter", "timezone"];
    private static readonly string[] TimerKeys = ["timer", "splay"];
    private static readonly string[] MetricKeys =
    [
        "command", "user", "interval", "timeout", "labels", "store", "skip_prometheus",
    ];

    /// <summary>The watcher without what all watchers share; null after an error.</summary>
    public static WatcherDefinition? Read(string type, FieldReader watcher, FieldReader properties) => type switch
    {
        "nagios" => Nagios(watcher, properties),
        "exec" => Exec(watcher, properties),
        "file" => File(watcher, properties),
        "schedule" => Schedule(watcher, properties),
        "timer" => Timer(watcher, properties),
        _ => Metric(watcher, properties),
    };

    private static NagiosWatcher? Nagios(FieldReader watcher, FieldReader properties)
    {
        properties.Only(CheckKeys, NagiosReader.QuietKeys(properties.Context));
        const string why = "a result fires OK, WARNING, CRITICAL or UNKNOWN by itself";
        watcher.Ignored("success_transition", why);
        watcher.Ignored("fail_transition", why);
        TimeSpan? interval = NagiosReader.Interval(watcher);
        return NagiosReader.Read(properties, interval, interval, "plugin: check_disk -w 20% -c 10%");
    }

    private static ExecWatcher? Exec(FieldReader watcher, FieldReader properties)
    {
        properties.Only(ExecKeys);
        foreach (string key in (string[])["governor", "governor_timeout", "disown"])
        {
            // A limit that is not kept is worse than a file that is refused.
            if (properties.Has(key) && !(key == "disown" && properties.Map.Find(key) is YamlScalar { Text: "false" or "False" or "FALSE" }))
                properties.Context.Error(properties.Map.FindKey(key)!, FindingKind.NotBuilt, $"'{key}' is not built into this version", "leave it out; 'max_runs' and 'cooldown' limit one node");
        }

        TimeSpan? interval = watcher.Duration("interval", Half, Year);
        CommandTemplate? command = Command(properties, "./restart.sh");
        TimeSpan timeout = properties.Duration("timeout", Tenth, Day) ?? TimeSpan.FromSeconds(10);
        ImmutableArray<KeyValuePair<string, TextTemplate>> environment = Environment(properties);
        bool data = properties.Boolean("parse_as_data");
        bool quiet = properties.Boolean("suppress_success_announce");
        bool gather = properties.Boolean("gather_initial_state");
        TimeSpan cooldown = properties.Duration("cooldown", TimeSpan.Zero, Year) ?? TimeSpan.Zero;
        int runs = properties.Integer("max_runs", 0, 1000) ?? 0;
        TimeSpan per = properties.Duration("per", TimeSpan.FromMinutes(1), Year) ?? Day;
        return command is null ? null : new ExecWatcher
        {
            Name = "",
            Command = command,
            Interval = interval,
            Timeout = timeout,
            Environment = environment,
            ParseAsData = data,
            SuppressSuccessAnnounce = quiet,
            GatherInitialState = gather,
            Cooldown = cooldown,
            MaxRuns = runs,
            Per = per,
        };
    }

    private static ImmutableArray<KeyValuePair<string, TextTemplate>> Environment(FieldReader fields)
    {
        var variables = new List<KeyValuePair<string, TextTemplate>>();
        foreach (YamlNode item in fields.Items("environment", 0, 100, "\"NAME=value\""))
        {
            if (fields.Scalar(item, "environment", "NAME=value") is not { } scalar) continue;
            int equals = scalar.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !Names.IsVariable(scalar.Text[..equals]) || scalar.Text.Contains('\0', StringComparison.Ordinal))
            {
                // Values may be secrets: only what stands before the '=' is shown.
                fields.Context.Error(item, FindingKind.BadValue, $"{Show.Quote(equals < 0 ? scalar.Text : scalar.Text[..equals])} is no variable", "\"NAME=value\"");
                continue;
            }

            string name = scalar.Text[..equals];
            if (IsOfTheNode(name))
            {
                fields.Context.Degree(item, FindingKind.IgnoredKey, $"'{name}' has no effect here", "the node sets it itself; use another name");
                continue;
            }

            // Of two the later one wins, where that is no error.
            if (variables.RemoveAll(one => one.Key == name) > 0) fields.Context.Degree(item, FindingKind.DuplicateName, $"'{name}' a second time in 'environment'", "leave one out");
            if (fields.Context.Template(item, scalar.Text[(equals + 1)..], scalar.Text) is { } value) variables.Add(new(fields.Context.Share(name), value));
        }

        return [.. variables];
    }

    private static bool IsOfTheNode(string name) =>
        name is "MACHINE_NAME" or "MACHINE_WATCHER_NAME" or "WATCHER_DATA" or "WATCHER_FACTS" || name.StartsWith("SCOUT_", StringComparison.Ordinal);

    private static FileWatcher? File(FieldReader watcher, FieldReader properties)
    {
        properties.Only(FileKeys);
        TimeSpan interval = watcher.Duration("interval", Half, Year) ?? TimeSpan.FromSeconds(5);
        string? path = properties.Require("path", "/etc/motd") is null ? null : properties.Text("path", 4095);
        if (path is not null && path.Contains('\0', StringComparison.Ordinal))
            properties.Context.Error(properties.Map.Find("path")!, FindingKind.BadValue, "'path' holds NUL", "a path such as /etc/motd");
        bool gather = properties.Boolean("gather_initial_state");
        ManagedFile? managed = Managed(properties);
        return path is null ? null : new FileWatcher
        {
            Name = "",
            Interval = interval,
            Path = Path.GetFullPath(path.Replace("\0", "", StringComparison.Ordinal), properties.Context.Folder),
            GatherInitialState = gather,
            Managed = managed,
        };
    }

    private static ManagedFile? Managed(FieldReader fields)
    {
        if (fields.Has("contents") && fields.Has("content"))
        {
            fields.Context.Error(fields.Map.FindKey("content")!, FindingKind.Conflict, "'content' beside 'contents'", "they are the same; leave one out");
            return null;
        }

        string key = fields.Has("content") ? "content" : "contents";
        if (!fields.Has(key))
        {
            foreach (string other in (string[])["owner", "group", "mode"]) fields.Ignored(other, "only a file with 'contents' is managed");
            return null;
        }

        TextTemplate? contents = Template(fields, key);
        TextTemplate? owner = fields.Require("owner", "root") is null ? null : Template(fields, "owner");
        TextTemplate? group = fields.Require("group", "root") is null ? null : Template(fields, "group");
        TextTemplate? mode = fields.Require("mode", "\"0644\"") is null ? null : Template(fields, "mode");
        if (mode is { IsLiteral: true } && !IsMode(mode.Source))
            fields.Context.Error(fields.Map.Find("mode")!, FindingKind.BadValue, $"'mode' is {Show.Quote(mode.Source)}", "three or four octal digits in quotes, such as \"0644\"");
        return contents is null || owner is null || group is null || mode is null ? null : new ManagedFile(contents, owner, group, mode);
    }

    private static bool IsMode(string text) => text.Length is 3 or 4 && text.All(digit => digit is >= '0' and <= '7');

    private static ScheduleWatcher? Schedule(FieldReader watcher, FieldReader properties)
    {
        properties.Only(ScheduleKeys);
        watcher.Ignored("interval", "a schedule is looked at when it is due");
        TimeSpan duration = properties.Duration("duration", Second, Year) ?? TimeSpan.FromMinutes(1);
        TimeSpan half = new(duration.Ticks / 2 / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond);
        TimeSpan splay = properties.Duration("start_splay", TimeSpan.Zero, half, "half the duration") ?? TimeSpan.Zero;
        bool skip = properties.Boolean("skip_trigger_on_reenter");
        TimeZoneInfo? zone = SharedFields.TimeZone(properties);
        if (properties.Require("schedules", "[\"0 2 * * *\"]") is not { } node) return null;
        var schedules = ImmutableArray.CreateBuilder<CronSchedule>();
        foreach (YamlNode item in properties.Items(node, "schedules", 1, 50, "\"0 2 * * *\""))
        {
            if (properties.Scalar(item, "schedules", "a cron line") is not { } line) continue;
            if (CronSchedule.TryParse(line.Text, out CronSchedule schedule, out SyntaxError error)) schedules.Add(schedule);
            else properties.Context.Error(item, FindingKind.BadSchedule, $"at column {error.Column} of the text: {error.Message}", error.Hint);
        }

        return new ScheduleWatcher
        {
            Name = "",
            Schedules = schedules.DrainToImmutable(),
            Duration = duration,
            StartSplay = splay,
            SkipTriggerOnReenter = skip,
            TimeZone = zone,
        };
    }

    private static TimerWatcher Timer(FieldReader watcher, FieldReader properties)
    {
        properties.Only(TimerKeys);
        watcher.Ignored("interval", "the length of a timer is 'timer' in its properties");
        if (watcher.Has("success_transition"))
            watcher.Context.Error(watcher.Map.FindKey("success_transition")!, FindingKind.Conflict, "a timer never succeeds: it expires", "write 'fail_transition'");
        return new TimerWatcher { Name = "", Timer = properties.Duration("timer", Second, Year) ?? Second, Splay = properties.Boolean("splay") };
    }

    private static MetricWatcher? Metric(FieldReader watcher, FieldReader properties)
    {
        string[] elsewhere = [.. properties.Map.Entries.Select(entry => entry.Key.Text)
            .Where(key => key == "http" || key.StartsWith("graphite_", StringComparison.Ordinal)).Take(FindingList.Most)];
        properties.Only([.. MetricKeys, .. elsewhere], elsewhere);
        foreach (string key in elsewhere) properties.Ignored(key, "the node serves all numbers to Prometheus");
        TimeSpan? outer = watcher.Duration("interval", Second, Year);
        TimeSpan? inner = properties.Duration("interval", Second, Year);
        if (watcher.Has("interval") && properties.Has("interval"))
            properties.Context.Error(properties.Map.FindKey("interval")!, FindingKind.Conflict, "'interval' here and on the watcher", "leave this one out");
        CommandTemplate? command = Command(properties, "./metric.sh");
        TimeSpan timeout = properties.Duration("timeout", Tenth, TimeSpan.FromHours(1)) ?? TimeSpan.FromSeconds(10);
        ImmutableArray<KeyValuePair<string, string>> labels = SharedFields.Labels(properties);
        bool store = properties.Boolean("store");
        bool skip = properties.Boolean("skip_prometheus");
        return command is null ? null : new MetricWatcher
        {
            Name = "",
            Command = command,
            Interval = outer ?? inner ?? TimeSpan.FromMinutes(1),
            Timeout = timeout,
            Labels = labels,
            Store = store,
            SkipPrometheus = skip,
        };
    }

    private static CommandTemplate? Command(FieldReader fields, string example) =>
        fields.Require("command", example) is { } node ? CommandReader.Read(fields, "command", node) : null;

    private static TextTemplate? Template(FieldReader fields, string key) =>
        fields.Find(key) is { } node && fields.Scalar(node, key, "a text") is { } scalar ? fields.Context.Template(node, scalar.Text) : null;
}
