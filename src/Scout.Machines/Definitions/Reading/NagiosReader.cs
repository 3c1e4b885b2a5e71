using System.Collections.Immutable;
using System.Globalization;
using Scout.Machines.Definitions.Yaml;
using Scout.Machines.Timing;

namespace Scout.Machines.Definitions.Reading;

/// <summary>What makes a check: its subject and how results are believed. The same keys in the short form and in the properties of a nagios watcher.</summary>
internal static class NagiosReader
{
    /// <summary>Keys of both forms.</summary>
    public static readonly string[] SubjectKeys = ["plugin", "builtin", "tcp", "http", "udp", "dns", "icmp", "tls", "mesh", "traffic"];
    public static readonly string[] BeliefKeys = ["timeout", "attempts", "recover_attempts", "retry_interval", "flapping", "splay", "events", "annotations"];
    public static readonly string[] RunKeys = [CommandReader.UserKey];
    public static readonly string[] BuiltinKeys = ["gossfile", "last_message", "pubcert_expire", "token_expire"];

    private static readonly string[] ProbeWords = SubjectKeys[2..];

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Half = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    /// <summary>Reads subject and belief; null without a good subject.</summary>
    /// <param name="fields">The mapping that has them.</param>
    /// <param name="interval">Null when there is none.</param>
    /// <param name="retryDefault">The pace while in doubt when not given.</param>
    /// <param name="subjectExample">For a missing subject.</param>
    public static NagiosWatcher? Read(FieldReader fields, TimeSpan? interval, TimeSpan? retryDefault, string subjectExample)
    {
        TimeSpan usual = Array.Exists(ProbeWords, fields.Has) ? ProbeTimeout : TimeSpan.FromSeconds(10);
        TimeSpan timeout = fields.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)) ?? usual;
        CheckSubject? subject = Subject(fields, timeout, subjectExample);
        TimeSpan? splayDefault = interval is { } pace ? Least(pace, TimeSpan.FromSeconds(10)) : null;
        TimeSpan? retry = retryDefault;
        TimeSpan splay = splayDefault ?? TimeSpan.Zero;
        if (interval is { } most)
        {
            retry = fields.Duration("retry_interval", Least(Half, most), most, "the interval, " + DurationText.Format(most)) ?? retryDefault;
            splay = fields.Duration("splay", TimeSpan.Zero, most, "the interval, " + DurationText.Format(most)) ?? splay;
        }
        else
        {
            fields.Ignored("retry_interval", "without an interval only FORCE_CHECK runs the check");
            fields.Ignored("splay", "without an interval only FORCE_CHECK runs the check");
        }

        // Everything is read even without a subject, so that all findings come at once.
        int attempts = fields.Integer("attempts", 1, 64) ?? 1;
        int recover = fields.Integer("recover_attempts", 1, 64) ?? 1;
        FlappingLimits? flapping = Flapping(fields);
        EventDetail? events = EventDetails.Read(fields.Choice("events", EventDetails.Names));
        ImmutableArray<KeyValuePair<string, string>> annotations =
            fields.TextMap("annotations", 50, static key => key.Length is > 0 and <= 63, "1 to 63 characters", 1024);
        return subject is null ? null : new NagiosWatcher
        {
            Name = "check",
            Subject = subject,
            Interval = interval,
            Timeout = timeout,
            Attempts = attempts,
            RecoverAttempts = recover,
            RetryInterval = retry,
            Flapping = flapping,
            Splay = splay,
            Events = events,
            Annotations = annotations,
        };
    }

    /// <summary>The interval of a check: 500 ms to 365 d.</summary>
    public static TimeSpan? Interval(FieldReader fields) => fields.Duration("interval", Half, Year);

    public static TimeSpan Least(TimeSpan left, TimeSpan right) => left < right ? left : right;

    /// <summary>Known, and refused or without effect in this version: not worth telling of.</summary>
    public static string[] QuietKeys(ReadContext context) => [.. ProbeWords.Except(context.Options.Syntax.ProbeKinds), .. BuiltinKeys];

    private static CheckSubject? Subject(FieldReader fields, TimeSpan timeout, string example)
    {
        string? first = null;
        foreach (string key in SubjectKeys)
        {
            if (!fields.Has(key)) continue;
            if (first is not null)
            {
                YamlScalar at = fields.Map.FindKey(key)!;
                YamlScalar other = fields.Map.FindKey(first)!;
                // The later one in the file is the one too many.
                if ((at.Line, at.Column).CompareTo((other.Line, other.Column)) < 0) (at, other) = (other, at);
                fields.Context.Error(
                    at, FindingKind.Conflict, $"'{at.Text}' beside '{other.Text}'", "a check looks at one thing; make two checks of it");
                return null;
            }

            first = key;
        }

        if (first is not (null or "plugin") && fields.Has(CommandReader.UserKey))
            fields.Context.Error(fields.Map.FindKey(CommandReader.UserKey)!, FindingKind.Conflict, $"'user' beside '{first}'", "only a plugin runs as a user; leave it out");
        switch (first)
        {
            case null:
                if (!SubjectKeys.Any(key => fields.Map.Find(key) is YamlScalar { IsMissing: true }))
                    fields.Context.Error(fields.Map, FindingKind.MissingKey, $"{fields.Owner} needs something to look at", $"add '{example}' or 'builtin: heartbeat'");
                foreach (string key in SubjectKeys) fields.Find(key);
                return null;
            case "plugin":
                NoBuiltinKeys(fields);
                return CommandReader.Read(fields, first, fields.Map.Find(first)!) is { } command ? new PluginSubject(command) : null;
            case "builtin":
                return Builtin(fields);
            default:
                NoBuiltinKeys(fields);
                return Probe(fields, first, timeout);
        }
    }

    private static ProbeSubject? Probe(FieldReader fields, string kind, TimeSpan timeout)
    {
        ReadContext context = fields.Context;
        if (!context.Options.Syntax.ProbeKinds.Contains(kind))
        {
            context.Error(fields.Map.FindKey(kind)!, FindingKind.NotBuilt, $"'{kind}' is not built into this version", "use a plugin, such as 'plugin: check_tcp -p 443'");
            return null;
        }

        var findings = new List<ProbeFinding>();
        ProbeSubject? subject = context.Options.Syntax.ReadProbe(kind, fields.Map.Find(kind)!, timeout, context.Folder, findings);
        foreach (ProbeFinding finding in findings) context.Findings.Add(finding.Line, finding.Column, Severity.Error, finding.Kind, finding.Message, finding.Hint);
        return subject;
    }

    private static BuiltinSubject? Builtin(FieldReader fields)
    {
        YamlNode node = fields.Map.Find("builtin")!;
        if (fields.Scalar(node, "builtin", "a text") is not { } scalar) return null;
        switch (scalar.Text)
        {
            case "heartbeat":
                NoBuiltinKeys(fields);
                return new BuiltinSubject("heartbeat");
            case "goss" or "scout_status" or "choria_status":
                fields.Context.Error(node, FindingKind.NotBuilt, $"the builtin '{scalar.Text}' is not built into this version", "use a plugin, or 'builtin: heartbeat'");
                return null;
            default:
                fields.Context.Error(
                    node, FindingKind.BadValue, $"'builtin' is {Show.Quote(scalar.Text)}",
                    Nearest.Hint(scalar.Text, ["heartbeat", "goss", "scout_status"], "heartbeat is built"));
                return null;
        }
    }

    private static void NoBuiltinKeys(FieldReader fields)
    {
        foreach (string key in BuiltinKeys) fields.Ignored(key, key == "gossfile" ? "it belongs to 'builtin: goss'" : "it belongs to 'builtin: scout_status'");
    }

    private static FlappingLimits? Flapping(FieldReader fields)
    {
        switch (fields.Find("flapping"))
        {
            case null:
                return Usual;
            case YamlScalar { Text: "off" }:
                return null;
            case YamlMap map:
                var limits = new FieldReader(fields.Context, map, "flapping");
                limits.Only(["low", "high"]);
                double? low = Percent(limits, "low", Usual.Low);
                double? high = Percent(limits, "high", Usual.High);
                if (low is null || high is null) return Usual;
                if (low < high) return new FlappingLimits(low.Value, high.Value);
                fields.Context.Error(
                    map, FindingKind.OutOfRange, string.Create(CultureInfo.InvariantCulture, $"low is {low}, high is {high}"), "0 < low < high < 100");
                return Usual;
            case { } other:
                fields.Context.Error(other, FindingKind.WrongType, $"'flapping' is {other.Kind}", "write 'flapping: { low: 25, high: 30 }' or 'flapping: off'");
                return Usual;
        }
    }

    private static FlappingLimits Usual { get; } = new(25, 30);

    private static double? Percent(FieldReader limits, string key, double usual)
    {
        if (limits.Find(key) is not { } node) return usual;
        if (limits.Scalar(node, key, "a percentage") is not { } scalar) return null;
        if (!double.TryParse(scalar.Text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double value))
        {
            limits.Context.Error(node, FindingKind.BadValue, $"'{key}' is {Show.Quote(scalar.Text)}, which is no percentage", "a number without a sign, such as 25");
            return null;
        }

        if (value is > 0 and < 100) return value;
        limits.Context.Error(node, FindingKind.OutOfRange, $"'{key}' is {Show.Short(scalar.Text)}", "0 < low < high < 100");
        return null;
    }
}
