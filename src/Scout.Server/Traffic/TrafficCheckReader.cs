using Scout.Checks.Probes.Options;
using Scout.Traffic.Checks;

namespace Scout.Server.Traffic;

/// <summary>Reads the options of a <c>traffic</c> check, as strictly as those of a probe.</summary>
internal static class TrafficCheckReader
{
    /// <summary>Word of the subject.</summary>
    public const string Kind = "traffic";

    private const string Example = "write 'traffic: { pod: \"shop/api-*\", warning: \"~:50M\" }'";
    private static readonly TimeSpan LongestWindow = TimeSpan.FromHours(1);
    private static readonly (string Word, TrafficCheckDirection Value)[] Directions =
        [("receive", TrafficCheckDirection.Receive), ("transmit", TrafficCheckDirection.Transmit), ("both", TrafficCheckDirection.Both)];

    private static readonly (string Word, TrafficUnit Value)[] Units = [("bytes", TrafficUnit.Bytes), ("packets", TrafficUnit.Packets)];
    private static readonly (string Word, TrafficStatus Value)[] Verdicts = [("UNKNOWN", TrafficStatus.Unknown), ("OK", TrafficStatus.Ok), ("CRITICAL", TrafficStatus.Critical)];

    private static readonly OptionInfo[] Silences =
    [
        new("warning", OptionForm.Text, "DURATION", "", "WARNING when no packet came for so long"),
        new("critical", OptionForm.Text, "DURATION", "", "CRITICAL when no packet came for so long"),
    ];

    private static readonly OptionInfo[] Options =
    [
        new("pod", OptionForm.Text, "NAMESPACE/GLOB", "", "pods of this node, summed"),
        new("service", OptionForm.Text, "NAMESPACE/NAME", "", "a service, or with 'pod' what they say to each other"),
        new("direction", OptionForm.Text, "WAY", "receive", "what is counted, as the pod (or the service) sees it") { Choices = ["receive", "transmit", "both"] },
        new("unit", OptionForm.Text, "UNIT", "bytes", "what is counted") { Choices = ["bytes", "packets"] },
        new("window", OptionForm.Text, "DURATION", "1m", "over which the rate is taken"),
        new("warning", OptionForm.Text, "RANGE", "", "on the rate a second, with k M G Ki Mi Gi"),
        new("critical", OptionForm.Text, "RANGE", "", "on the rate a second, with k M G Ki Mi Gi"),
        new("silence", OptionForm.Group, "", "", "how long no packet may come") { Members = Silences },
        new("missing", OptionForm.Text, "STATE", "UNKNOWN", "when nothing matches") { Choices = ["UNKNOWN", "OK", "CRITICAL"] },
    ];

    /// <summary>Never throws; all findings at once.</summary>
    public static (TrafficCheckOptions? Options, string Canonical) Read(OptionNode node, out IReadOnlyList<OptionFinding> wrong)
    {
        var findings = new List<OptionFinding>();
        wrong = findings;
        if (node is not OptionMap map)
        {
            findings.Add(new OptionFinding(node.Line, node.Column, "wrong_type", $"'traffic' is {node.Shape}, wanted is a mapping", Example));
            return (null, "{}");
        }

        var reader = new OptionReader(findings, map, "a traffic check", Options);
        reader.OnlyKnown();
        OptionReader? silence = reader.Group("silence", "silence: { critical: 10m }", Silences);
        var read = new TrafficCheckOptions
        {
            Pod = Named(reader, "pod", "shop/api-*"),
            Service = Named(reader, "service", "shop/db"),
            Direction = reader.Choice("direction", Directions, TrafficCheckDirection.Receive),
            Unit = reader.Choice("unit", Units, TrafficUnit.Bytes),
            Window = reader.Duration("window", TimeSpan.FromSeconds(2), LongestWindow, TimeSpan.FromMinutes(1)) ?? TimeSpan.FromMinutes(1),
            Warning = Range(reader, "warning"),
            Critical = Range(reader, "critical"),
            SilenceWarning = silence?.Duration("warning", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            SilenceCritical = silence?.Duration("critical", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Missing = reader.Choice("missing", Verdicts, TrafficStatus.Unknown),
        };
        if (read.Pod is null && read.Service is null && findings.Count == 0) reader.Missing("pod", "\"shop/api-*\"");
        if (read.SilenceCritical < read.SilenceWarning) reader.Error("silence", "bad_value", "'critical' of 'silence' is below 'warning'", "CRITICAL is the worse");
        return findings.Count > 0 ? (null, "{}") : (read, reader.Canonical.Write(Options));
    }

    private static string? Named(OptionReader reader, string key, string example)
    {
        if (reader.Text(key, null, 320) is not { } name) return null;
        int slash = name.IndexOf('/');
        if (slash > 0 && slash < name.Length - 1 && name.IndexOf('/', slash + 1) < 0) return name;
        reader.Error(key, "bad_value", $"{OptionReader.Quote(name)} is no namespace with a name", $"such as \"{example}\"");
        return null;
    }

    private static RateRange? Range(OptionReader reader, string key)
    {
        if (reader.Text(key) is not { } text) return null;
        if (RateRange.TryParse(text, out RateRange range, out string error)) return range;
        reader.Error(key, "bad_range", $"'{key}': {error}", "such as \"~:50M\"");
        return null;
    }
}
