using System.Text.Json;
using Scout.Checks;
using Scout.Checks.Output;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;

namespace Scout.Cli.Views;

/// <summary>The result of one plugin run, for people and for programs (plugins.md section 3).</summary>
internal static class PluginPage
{
    // More than a page of it nobody reads, and a plugin that floods fills the terminal with it.
    private const int MostLines = 40;

    public static void Print(IConsoleIo io, PluginResult result)
    {
        string state = State(result.Status);
        var page = new PageWriter(io);
        page.Title($"{state}  {result.Reason}{Ending(result)}  {Ages.Took(result.Duration)}  {Escape.Line(result.Output.Text)}", Tones.OfState(state));
        page.Line("detail", result.Detail, Tone.Warn);
        page.Line("", Page(result.Output.LongText));
        page.Line("stderr", Page(result.Output.Stderr));
        if (result.Truncated) page.Line("truncated", $"{result.BytesPrinted} bytes were printed; the rest is not kept", Tone.Warn);
        if (result.Leftovers) page.Line("leftovers", "processes of its group were still there, and were ended", Tone.Warn);
        if (result.Output.PerfData.Count > 0)
        {
            page.Title("Performance data");
            foreach (PerfDataItem item in result.Output.PerfData) page.Line(item.Label, Number(item));
        }

        if (result.Output.PerfDataErrors.Count > 0)
        {
            page.Title($"{result.Output.PerfDataErrors.Count} items of performance data cannot be read", Tone.Warn);
            foreach (PerfDataError error in result.Output.PerfDataErrors.First) page.Line($"at {error.Position}", $"{error.Item}: {error.Message}");
        }

        io.Out.Flush();
    }

    public static void Write(Utf8JsonWriter writer, PluginResult result)
    {
        writer.WriteStartObject();
        writer.WriteString("state", State(result.Status));
        writer.WriteString("reason", result.Reason);
        writer.Text("cause", result.Cause);
        writer.Text("errno", result.Errno);
        writer.Text("detail", result.Detail.Length == 0 ? null : result.Detail);
        writer.WriteString("text", result.Output.Text);
        writer.WriteString("long_text", result.Output.LongText);
        writer.WriteString("stderr", result.Output.Stderr);
        writer.WriteStartArray("perfdata");
        foreach (PerfDataItem item in result.Output.PerfData)
        {
            writer.WriteStartObject();
            writer.WriteString("label", item.Label);
            writer.Number("value", item.Value);
            writer.WriteString("unit", item.Unit);
            writer.Number("min", item.Min);
            writer.Number("max", item.Max);
            writer.WriteString("raw", item.Raw);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("perfdata_errors");
        foreach (PerfDataError error in result.Output.PerfDataErrors.First)
        {
            writer.WriteStartObject();
            writer.WriteNumber("position", error.Position);
            writer.WriteString("item", error.Item);
            writer.WriteString("message", error.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Number("exit_code", (long?)result.ExitCode);
        writer.Text("signal", result.Signal);
        writer.WriteBoolean("core_dumped", result.CoreDumped);
        writer.Time("started", result.StartedAt);
        writer.Number("duration_ms", Math.Round(result.Duration.TotalMilliseconds, 3));
        writer.Number("cpu_ms", Math.Round(result.CpuTime.TotalMilliseconds, 3));
        writer.WriteNumber("peak_memory", result.PeakMemory);
        writer.WriteNumber("bytes_total", result.BytesPrinted);
        writer.WriteBoolean("truncated", result.Truncated);
        writer.WriteBoolean("leftovers", result.Leftovers);
        writer.WriteEndObject();
    }

    private static string Page(string text)
    {
        int end = -1;
        for (int line = 0; line < MostLines; line++)
        {
            end = text.IndexOf('\n', end + 1);
            if (end < 0) return text;
        }

        int more = text.AsSpan(end).TrimEnd('\n').Count('\n');
        return more == 0 ? text : $"{text[..end]}\n... and {more} lines more; -o json has all that was kept";
    }

    private static string State(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "OK",
        CheckStatus.Warning => "WARNING",
        CheckStatus.Critical => "CRITICAL",
        _ => "UNKNOWN",
    };

    private static string Ending(PluginResult result) => result switch
    {
        { Signal: { } signal } => $" {signal}{(result.CoreDumped ? ", core dumped" : "")}",
        { ExitCode: { } code } => $" {code}",
        { Errno: { } errno } => $" {errno}",
        _ => "",
    };

    private static string Number(PerfDataItem item) =>
        item.Value is { } value ? $"{value.ToString("G", null)}{(item.Unit.Length > 0 ? " " + item.Unit : "")}  ({item.Raw})" : $"not known  ({item.Raw})";
}
