using Scout.Cli.Rendering;

namespace Scout.Cli.Views;

/// <summary>One finding of <c>scout broker check</c>.</summary>
internal sealed record CheckLine(string Check, bool Ok, string Detail, string Hint)
{
    public static View<CheckLine> View { get; } = new()
    {
        Columns =
        [
            new("CHECK", (row, _) => row.Check),
            new("RESULT", (row, _) => row.Ok ? "ok" : "FAILED") { Tone = row => row.Ok ? Tone.Good : Tone.Bad },
            new("DETAIL", (row, _) => row.Detail),
        ],
        Json = (writer, row) =>
        {
            writer.WriteStartObject();
            writer.WriteString("check", row.Check);
            writer.WriteBoolean("ok", row.Ok);
            writer.WriteString("detail", row.Detail);
            writer.Text("hint", row.Hint.Length == 0 ? null : row.Hint);
            writer.WriteEndObject();
        },
        Name = row => row.Check,
    };
}
