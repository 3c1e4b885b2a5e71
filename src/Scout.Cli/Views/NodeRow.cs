using System.Text.Json;
using Scout.Cli.Asking;
using Scout.Cli.Rendering;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views;

/// <summary>A node as <c>scout nodes</c> and <c>scout ping</c> show it.</summary>
internal sealed record NodeRow(string Node, NodeAnswer Answer, RosterEntry? Entry, DateTimeOffset Now)
{
    public static View<NodeRow> Nodes { get; } = new()
    {
        Columns =
        [
            new("NODE", (row, _) => row.Node),
            new("ANSWER", (row, _) => row.Answer.Word) { Tone = row => ToneOf(row.Answer.Outcome) },
            new("VERSION", (row, _) => row.Version),
            new("UP", (row, context) => row.Ping is null ? "-" : context.Moment(row.Started)),
            new("MACHINES", (row, _) => row.Machines?.ToString(null, null)) { AlignRight = true },
            new("PROBLEMS", (row, _) => row.Ping?.Problems.ToString(null, null)) { AlignRight = true, Tone = row => row.Ping is { Problems: > 0 } ? Tone.Bad : Tone.Plain },
            new("OUTBOX", (row, _) => row.Ping?.Outbox?.Events.ToString(null, null)),
            new("ZONE", (row, _) => row.Zone) { WideOnly = true },
            new("LABELS", (row, _) => StatusRow.Labels(row.Ping?.Labels ?? row.Entry?.Labels)) { WideOnly = true },
            new("MODE", (row, _) => row.Ping?.Mode ?? row.Entry?.Mode) { WideOnly = true },
            new("TRUST", (row, _) => row.Trust?.ToString(null, null)) { WideOnly = true },
        ],
        Json = (writer, row) => row.WriteNode(writer),
        Name = row => row.Node,
        WhenEmpty = "no node matches",
    };

    public static View<NodeRow> Pings { get; } = new()
    {
        Columns =
        [
            new("NODE", (row, _) => row.Node),
            new("ANSWER", (row, _) => row.Answer.Word) { Tone = row => ToneOf(row.Answer.Outcome) },
            new("RTT", (row, _) => row.Answer.RoundTrip is { } took ? Ages.Took(took) : null) { AlignRight = true },
            new("VERSION", (row, _) => row.Version),
        ],
        Json = (writer, row) => row.WritePing(writer),
        Name = row => row.Node,
        WhenEmpty = "no node matches",
    };

    /// <summary>As the broker found it in the cluster.</summary>
    public NodePlace? Place { get; init; }

    private PingResult? Ping => Answer.Reply?.Results is [PingResult ping, ..] ? ping : null;

    private string? Version => Ping?.Version ?? Entry?.Version;

    private DateTimeOffset? Started => Ping?.Started ?? Entry?.Started;

    private int? Machines => Ping?.Machines ?? Entry?.Machines;

    private string? Zone => First(Ping?.Zone, Entry?.Zone, Place?.Zone);

    private string? Region => First(Ping?.Region, Entry?.Region, Place?.Region);

    /// <summary>Serial of the trust document it goes by; null without one.</summary>
    public long? Trust => Ping?.Trust ?? Entry?.Trust;

    private static Tone ToneOf(NodeOutcome outcome) => outcome switch
    {
        NodeOutcome.Answered => Tone.Good,
        NodeOutcome.Unlisted => Tone.Warn,
        _ => Tone.Bad,
    };

    // What the node was told stands first.
    private static string? First(string? ping, string? entry, string? place) => ping is { Length: > 0 } ? ping : entry is { Length: > 0 } ? entry : place ?? ping ?? entry;

    private void WriteNode(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("node", Node);
        writer.WriteString("answer", Answer.Word);
        writer.Text("version", Version);
        writer.Time("started", Started);
        writer.Time("seen", Ping is null ? null : Now);
        writer.Number("machines", Machines);
        writer.Number("problems", Ping?.Problems);
        writer.Number("outbox", Ping?.Outbox?.Events);
        writer.Text("zone", Zone);
        writer.Text("region", Region);
        writer.Map("labels", Ping?.Labels ?? Entry?.Labels);
        writer.Text("mode", Ping?.Mode ?? Entry?.Mode);
        if (Place is { } place)
        {
            writer.Text("pod", place.Pod);
            writer.WriteBoolean("cordoned", place.Unschedulable == true);
        }

        writer.Text("degraded", Ping?.DegradedReason);
        writer.Number("trust", Trust);
        writer.WriteEndObject();
    }

    private void WritePing(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("node", Node);
        writer.WriteString("answer", Answer.Word);
        writer.Number("rtt_ms", Answer.RoundTrip is { } took ? Math.Round(took.TotalMilliseconds, 3) : null);
        writer.Text("version", Version);
        writer.Time("started", Started);
        writer.Number("machines", Machines);
        writer.Text("sequence", Ping?.Sequence);
        writer.WriteEndObject();
    }
}
