using Scout.Cli.Rendering;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Cli.Views;

/// <summary>How tokens and those who came with them are shown.</summary>
internal static class EnrolmentViews
{
    private const int ShortKey = 12;

    public static View<TokenRow> Tokens { get; } = new()
    {
        Columns =
        [
            new("TOKEN", (row, context) => Key(row.Key, context)),
            new("FOR", (row, _) => row.For),
            new("STATE", (row, _) => row.State),
            new("USED", (row, _) => $"{row.Used}/{row.Uses}"),
            new("GROUPS", (row, _) => string.Join(',', row.Groups)),
            new("EXPIRES", (row, context) => context.Coming(row.Expires)),
            new("BY", (row, _) => row.By),
            new("NODES", (row, _) => string.Join(',', row.Nodes)),
        ],
        Json = (writer, row) =>
        {
            writer.WriteStartObject();
            writer.WriteString("key", row.Key);
            writer.WriteString("for", row.For);
            writer.WriteString("state", row.State);
            writer.WriteNumber("uses", row.Uses);
            writer.WriteNumber("used", row.Used);
            writer.WriteBoolean("replace", row.Replace);
            writer.Texts("groups", row.Groups);
            writer.Time("made", row.Made);
            writer.Time("expires", row.Expires);
            writer.WriteString("by", row.By);
            writer.Texts("nodes", row.Nodes);
            writer.WriteEndObject();
        },
        Name = row => row.Key,
        WhenEmpty = "there are no tokens",
    };

    public static View<EnrolmentRow> Enrolments { get; } = new()
    {
        Columns =
        [
            new("NODE", (row, _) => row.Node),
            new("STATE", (row, _) => row.State) { Tone = row => row.State is "pending" ? Tone.Warn : row.State is "denied" or "revoked" ? Tone.Bad : Tone.Good },
            new("SINCE", (row, context) => context.Moment(row.Since)),
            new("EXPIRES", (row, context) => context.Coming(row.Expires)),
            new("GROUPS", (row, _) => string.Join(',', row.Groups)),
            new("KEY", (row, context) => Key(row.Key, context)),
            new("FACTS", (row, _) => row.Facts is { } facts ? $"{facts.Os} {facts.Arch} {facts.Version}" : null) { WideOnly = true },
            new("MESSAGE", (row, _) => row.Message),
        ],
        Json = (writer, row) =>
        {
            writer.WriteStartObject();
            writer.WriteString("node", row.Node);
            writer.WriteString("state", row.State);
            writer.WriteString("key", row.Key);
            writer.WriteString("token", row.Token);
            writer.Texts("groups", row.Groups);
            writer.Time("since", row.Since);
            writer.Time("expires", row.Expires);
            writer.Text("os", row.Facts?.Os);
            writer.Text("arch", row.Facts?.Arch);
            writer.Text("version", row.Facts?.Version);
            writer.Text("message", row.Message);
            writer.WriteEndObject();
        },
        Name = row => row.Node,
        WhenEmpty = "nobody waits, and nobody was enrolled",
    };

    private static string Key(string key, RenderContext context) => context.Wide || key.Length <= ShortKey ? key : key[..ShortKey];
}
