using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views;

/// <summary>What a forced check found.</summary>
internal sealed record CheckRow(string Node, string Machine, RpcCode Code, string? Message, CheckResult? Result)
{
    public static View<CheckRow> View { get; } = new()
    {
        Columns =
        [
            new("NODE", (row, _) => row.Node),
            new("MACHINE", (row, _) => row.Machine),
            new("FROM", (row, _) => row.Result?.From) { Tone = row => Tones.OfState(row.Result?.From) },
            new("TO", (row, _) => row.Result?.To) { Tone = row => Tones.OfState(row.Result?.To) },
            new("STATUS", (row, _) => row.Result?.Status is { } status ? row.Result.Soft is { } soft ? $"{status} ({soft})" : status : RpcCodes.Name(row.Code)) { Tone = row => Tones.OfState(row.Result?.Status) },
            new("TOOK", (row, _) => row.Result?.DurationMs is { } took ? Ages.Took(TimeSpan.FromMilliseconds(took)) : null),
            new("OUTPUT", (row, _) => row.Result?.Output ?? row.Message),
        ],
        Json = (writer, row) => row.Write(writer),
        Name = row => $"{row.Node}/{row.Machine}",
        WhenEmpty = "no machine matches",
    };

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("node", Node);
        writer.WriteString("machine", Machine);
        writer.WriteString("code", RpcCodes.Name(Code));
        writer.Text("message", Message);
        writer.Text("from", Result?.From);
        writer.Text("to", Result?.To);
        writer.Text("status", Result?.Status);
        writer.Text("reason", Result?.Reason);
        writer.Text("output", Result?.Output);
        writer.Text("long_output", Result?.LongOutput);
        PerfText.Write(writer, "perfdata", Result?.Perfdata);
        writer.Number("duration_ms", Result?.DurationMs);
        writer.Flag("hard", Result?.Hard);
        writer.Number("attempt", (long?)Result?.Attempt);
        writer.Text("event", Result?.Event);
        writer.WriteEndObject();
    }
}
