using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Scout.Protocol.Json;

namespace Scout.Protocol.Mesh;

/// <summary>A lost probe. Refused ones and those that another node answered are losses too.</summary>
/// <param name="Peer">Who was probed.</param>
/// <param name="Sequence">Per sender and peer; wraps.</param>
/// <param name="Port">Index of the source port, 0 to 15.</param>
/// <param name="Direction">Mostly still unknown when a loss is told; see <see cref="MeshLossMessage.Directions"/>.</param>
/// <param name="Kind">Why it was sent.</param>
/// <param name="AgeMs">Milliseconds from its send to this message.</param>
public readonly record struct MeshLoss(string Peer, uint Sequence, int Port, MeshDirection Direction, MeshProbeKind Kind, int AgeMs);

/// <summary>On which way a probe was lost that was told before with direction unknown.</summary>
public readonly record struct MeshLossWay(string Peer, uint Sequence, MeshDirection Direction);

/// <summary>A reply to a probe that was told lost; the loss stays.</summary>
/// <param name="Peer">Who was probed.</param>
/// <param name="Sequence">Of the probe.</param>
/// <param name="DelayMs">Round trip in milliseconds.</param>
public readonly record struct MeshLate(string Peer, uint Sequence, int DelayMs);

/// <summary>Where packets to a peer stop.</summary>
/// <param name="Peer">Who was lost.</param>
/// <param name="Text">For people: <c>lost after hop 1 (10.0.0.1)</c>; at most <see cref="MeshLossMessage.MaxText"/> characters.</param>
public readonly record struct MeshTrace(string Peer, string Text);

/// <summary>The sender stood still.</summary>
/// <param name="AgeMs">Milliseconds from its begin to this message.</param>
/// <param name="LengthMs">How long, in milliseconds.</param>
public readonly record struct MeshStall(int AgeMs, int LengthMs);

/// <summary>
/// <c>scout.mesh.loss.NODE</c>: each second, and within 100 ms of a loss (mesh.md 6). With nothing in it, it says that the node is alive and lost nothing that it
/// has decided until now. Not stored, never sent again.
/// </summary>
public sealed record MeshLossMessage
{
    /// <summary>Largest message, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Rows of each list; more are counted in <see cref="More"/>.</summary>
    public const int MaxRows = 1024;

    /// <summary>Traces of one message.</summary>
    public const int MaxTraces = 16;

    /// <summary>Characters of a trace.</summary>
    public const int MaxText = 200;

    public required string Node { get; init; }

    /// <summary>Start of the sender in Unix seconds.</summary>
    public required uint Incarnation { get; init; }

    /// <summary>Counts messages from 1, so that a gap is seen.</summary>
    public required long Number { get; init; }

    /// <summary>The sender's wall clock, Unix milliseconds. It says which targets shift and floor had, never when something happened.</summary>
    public required long Clock { get; init; }

    /// <summary>The node says goodbye: what is lost to it from now on is no loss.</summary>
    public bool Leaving { get; init; }

    /// <summary>More than half of its peers fail at once.</summary>
    public bool SuspectSelf { get; init; }

    public ImmutableArray<MeshLoss> Losses { get; init; } = [];

    public ImmutableArray<MeshLossWay> Directions { get; init; } = [];

    public ImmutableArray<MeshLate> Late { get; init; } = [];

    public ImmutableArray<MeshStall> Stalls { get; init; } = [];

    /// <summary>Traces that ended.</summary>
    public ImmutableArray<MeshTrace> Traces { get; init; } = [];

    /// <summary>Losses that did not fit.</summary>
    public int More { get; init; }

    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer)) Write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Fields of a newer node are stepped over; what we know must fit.</summary>
    /// <param name="node">Of the subject.</param>
    /// <param name="json">The bytes; not kept.</param>
    /// <param name="message">The message.</param>
    /// <param name="error">Why it does not count.</param>
    public static bool TryRead(string node, ReadOnlyMemory<byte> json, [NotNullWhen(true)] out MeshLossMessage? message, [NotNullWhen(false)] out string? error) =>
        TelemetryReading.TryRead(node, json, MaxBytes, Read, out message, out error);

    private static MeshLossMessage Read(TelemetryObject from) => new()
    {
        Node = from.Node,
        Incarnation = (uint)from.Whole("inc", 0, uint.MaxValue),
        Number = from.Whole("seq", 0, long.MaxValue),
        Clock = from.Whole("t", 0, TelemetryReading.LastClock),
        Leaving = from.Flag("leaving"),
        SuspectSelf = from.Flag("suspect_self"),
        Losses = from.Rows("losses", MaxRows, 6, static row => new MeshLoss(
            row.Node(0), (uint)row.Whole(1, 0, uint.MaxValue), (int)row.Whole(2, 0, 15), row.Direction(3), row.Kind(4), (int)row.Whole(5, 0, TelemetryReading.MaxAge))),
        Directions = from.Rows("directions", MaxRows, 3, static row => new MeshLossWay(row.Node(0), (uint)row.Whole(1, 0, uint.MaxValue), row.Direction(2))),
        Late = from.Rows("late", MaxRows, 3, static row => new MeshLate(row.Node(0), (uint)row.Whole(1, 0, uint.MaxValue), (int)row.Whole(2, 0, TelemetryReading.MaxAge))),
        Stalls = from.Rows("stalls", MaxRows, 2, static row => new MeshStall((int)row.Whole(0, 0, TelemetryReading.MaxAge), (int)row.Whole(1, 0, TelemetryReading.MaxAge))),
        Traces = from.Rows("traces", MaxTraces, 2, static row => new MeshTrace(row.Node(0), row.Text(1, MaxText))),
        More = (int)from.Whole("more", 0, int.MaxValue, missing: 0),
    };

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("v"u8, 1);
        writer.WriteString("node"u8, Node);
        writer.WriteNumber("inc"u8, Incarnation);
        writer.WriteNumber("seq"u8, Number);
        writer.WriteNumber("t"u8, Clock);
        if (Leaving) writer.WriteBoolean("leaving"u8, value: true);
        if (SuspectSelf) writer.WriteBoolean("suspect_self"u8, value: true);
        int more = More;
        TelemetryReading.WriteRows(writer, "losses", Losses, MaxRows, ref more, static (rows, loss) =>
        {
            rows.WriteStringValue(loss.Peer);
            rows.WriteNumberValue(loss.Sequence);
            rows.WriteNumberValue(loss.Port);
            rows.WriteStringValue(MeshTrialWords.Letter(loss.Direction));
            rows.WriteStringValue(MeshTrialWords.Letter(loss.Kind));
            rows.WriteNumberValue(loss.AgeMs);
        });
        int left = 0;
        TelemetryReading.WriteRows(writer, "directions", Directions, MaxRows, ref left, static (rows, way) =>
        {
            rows.WriteStringValue(way.Peer);
            rows.WriteNumberValue(way.Sequence);
            rows.WriteStringValue(MeshTrialWords.Letter(way.Direction));
        });
        TelemetryReading.WriteRows(writer, "late", Late, MaxRows, ref left, static (rows, late) =>
        {
            rows.WriteStringValue(late.Peer);
            rows.WriteNumberValue(late.Sequence);
            rows.WriteNumberValue(late.DelayMs);
        });
        TelemetryReading.WriteRows(writer, "stalls", Stalls, MaxRows, ref left, static (rows, stall) =>
        {
            rows.WriteNumberValue(stall.AgeMs);
            rows.WriteNumberValue(stall.LengthMs);
        });
        TelemetryReading.WriteRows(writer, "traces", Traces, MaxTraces, ref left, static (rows, trace) =>
        {
            rows.WriteStringValue(trace.Peer);
            rows.WriteStringValue(trace.Text.Length > MaxText ? trace.Text[..MaxText] : trace.Text);
        });
        if (more > 0) writer.WriteNumber("more"u8, more);
        writer.WriteEndObject();
    }
}
