using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views;

/// <summary>What a command did to one machine.</summary>
internal sealed record ChangeRow(string Node, string Machine, RpcCode Code, string? Message, ChangeResult? Result)
{
    public static View<ChangeRow> View { get; } = new()
    {
        Columns =
        [
            new("NODE", (row, _) => row.Node),
            new("MACHINE", (row, _) => row.Machine),
            new("RESULT", (row, _) => RpcCodes.Name(row.Code)) { Tone = row => row.Code == RpcCode.Ok ? Tone.Good : Tone.Bad },
            new("FROM", (row, _) => row.Result?.From) { Tone = row => Tones.OfState(row.Result?.From) },
            new("TO", (row, _) => row.Result?.To) { Tone = row => Tones.OfState(row.Result?.To) },
            new("UNTIL", (row, context) => Ages.Local(row.Result?.Until, context.Zone)),
            new("MESSAGE", (row, _) => row.Text),
        ],
        Json = (writer, row) => row.Write(writer),
        Name = row => $"{row.Node}/{row.Machine}",
        WhenEmpty = "no machine matches",
    };

    // What a refusing machine would do is the next thing to know; nodes mostly say it in their own words.
    private string? Text => Code == RpcCode.NotAllowed && Message?.Contains("; allowed: ", StringComparison.Ordinal) != true && Result?.Allowed is { IsDefaultOrEmpty: false } allowed
        ? $"{Message}{(string.IsNullOrEmpty(Message) ? "" : "; ")}allowed: {string.Join(' ', allowed)}"
        : Message;

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("node", Node);
        writer.WriteString("machine", Machine);
        writer.WriteString("code", RpcCodes.Name(Code));
        writer.Text("message", Message);
        writer.Text("from", Result?.From);
        writer.Text("to", Result?.To);
        writer.Time("until", Result?.Until);
        writer.Texts("allowed", Result?.Allowed is { IsDefault: false } allowed ? allowed : []);
        writer.Text("event", Result?.Event);
        writer.WriteEndObject();
    }
}
