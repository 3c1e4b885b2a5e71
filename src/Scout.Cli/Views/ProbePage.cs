using System.Text.Json;
using Scout.Checks;
using Scout.Checks.Output;
using Scout.Checks.Probes;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;

namespace Scout.Cli.Views;

/// <summary>The result of one probe: the line of a plugin, and the whole for programs.</summary>
internal static class ProbePage
{
    private static readonly ProbePhase[] Phases = [ProbePhase.Dns, ProbePhase.Connect, ProbePhase.Tls, ProbePhase.FirstByte, ProbePhase.Transfer];

    /// <summary><c>TCP OK - db1:5432 connected in 0.4 ms | time=0.0004s</c>; what there is to add stands below, as in the long text of a plugin.</summary>
    public static void Print(IConsoleIo io, string kind, ProbeResult result)
    {
        string numbers = string.Join(' ', result.PerfData.Select(item => $"{item.Label}={item.Raw}"));
        // A bar would begin performance data.
        io.Out.WriteLine($"{kind.ToUpperInvariant()} {State(result.Status)} - {Clean(result.Summary)}{(numbers.Length > 0 ? " | " + numbers : "")}");
        if (result.Detail.Length == 0) return;
        foreach (string line in result.Detail.Split('\n')) io.Out.WriteLine(Clean(line));
    }

    public static void Write(Utf8JsonWriter writer, string kind, ProbeResult result)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", kind);
        writer.WriteString("state", State(result.Status));
        writer.WriteString("reason", ProbeReasons.Name(result.Reason));
        writer.WriteString("text", result.Summary);
        writer.Text("long_text", result.Detail.Length == 0 ? null : result.Detail);
        writer.WriteStartObject("phases_ms");
        foreach (ProbePhase phase in Phases)
        {
            if (result.Phases[phase] is { } took) writer.Number(ProbePhases.Name(phase), Math.Round(took.TotalMilliseconds, 3));
        }

        writer.WriteEndObject();
        writer.WriteStartArray("perfdata");
        foreach (PerfDataItem item in result.PerfData)
        {
            writer.WriteStartObject();
            writer.WriteString("label", item.Label);
            writer.Number("value", item.Value);
            writer.WriteString("unit", item.Unit);
            writer.WriteString("raw", item.Raw);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("facts");
        foreach ((string name, string value) in result.Facts) writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.Time("started", result.StartedAt);
        writer.Number("duration_ms", Math.Round(result.Duration.TotalMilliseconds, 3));
        writer.WriteEndObject();
    }

    private static string Clean(string text) => Escape.Line(text).Replace('|', '/');

    private static string State(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "OK",
        CheckStatus.Warning => "WARNING",
        CheckStatus.Critical => "CRITICAL",
        _ => "UNKNOWN",
    };
}
