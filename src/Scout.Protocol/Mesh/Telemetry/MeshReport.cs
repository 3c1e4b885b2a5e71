using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Scout.Protocol.Json;

namespace Scout.Protocol.Mesh;

/// <summary>Counts of UDP probes. Sent = ok + lost + stalled + skipped; late ones are lost too.</summary>
/// <param name="Sent">Decided in the time of the report.</param>
/// <param name="Ok">Answered in time.</param>
/// <param name="Lost">Lost, refused, or answered by another node.</param>
/// <param name="LostForward">Of the lost, those known to be lost on the way to the peer.</param>
/// <param name="LostReverse">Of the lost, those known to be lost on the way back.</param>
/// <param name="Late">Of the lost, those answered later.</param>
/// <param name="Stalled">Not counted: this process stood still.</param>
/// <param name="Skipped">Not counted: the peer was leaving or had just joined.</param>
public readonly record struct MeshCounts(int Sent, int Ok, int Lost, int LostForward, int LostReverse, int Late, int Stalled, int Skipped)
{
    /// <summary>Lost / (ok + lost); 0 without either.</summary>
    public double Loss => Ok + Lost == 0 ? 0 : (double)Lost / (Ok + Lost);

    public MeshCounts Plus(in MeshCounts other) => new(
        Sent + other.Sent, Ok + other.Ok, Lost + other.Lost, LostForward + other.LostForward, LostReverse + other.LostReverse, Late + other.Late, Stalled + other.Stalled, Skipped + other.Skipped);
}

/// <summary>Counts of TCP probes.</summary>
/// <param name="Ok">Answered whole.</param>
/// <param name="Failed">Not.</param>
public readonly record struct MeshTcpCounts(int Ok, int Failed);

/// <summary>Counts of packets as big as the way should take in one piece, DF set.</summary>
/// <param name="Ok">Answered.</param>
/// <param name="Failed">Not.</param>
public readonly record struct MeshFullSizeCounts(int Ok, int Failed);

/// <summary>A neighbour, over the time of the report.</summary>
/// <param name="Peer">Who.</param>
/// <param name="State">As this node sees it.</param>
/// <param name="Udp">Regular probes only.</param>
/// <param name="RttMicros">Median round trip; null without an answer.</param>
/// <param name="Tcp">Its TCP probes.</param>
/// <param name="TcpMicros">Median of whole TCP probes; null without one.</param>
public sealed record MeshReportRow(string Peer, MeshNodeState State, MeshCounts Udp, int? RttMicros, MeshTcpCounts Tcp, int? TcpMicros)
{
    /// <summary>Full-size packets; older nodes tell of none.</summary>
    public MeshFullSizeCounts FullSize { get; init; }
}

/// <summary>How many packets of a sender arrived here, by the responder's count.</summary>
public readonly record struct MeshReceived(string Sender, int Packets);

/// <summary>All probes to nodes of a zone: ring or full, shift and floor together.</summary>
/// <param name="Zone">Empty: unknown.</param>
/// <param name="Udp">Their counts.</param>
/// <param name="Tcp">Their counts.</param>
/// <param name="Histogram">Round trips by <see cref="MeshBuckets"/>.</param>
public sealed record MeshZoneRow(string Zone, MeshCounts Udp, MeshTcpCounts Tcp, ImmutableArray<int> Histogram);

/// <summary><c>scout.mesh.report.NODE</c>: each 10 s (mesh.md 6). Not stored; of several that could not be sent only the last is kept.</summary>
public sealed record MeshReport
{
    /// <summary>Largest report, in bytes.</summary>
    public const int MaxBytes = 512 * 1024;

    /// <summary>Neighbours; more are counted in <see cref="More"/>.</summary>
    public const int MaxRows = 2048;

    /// <summary>Senders.</summary>
    public const int MaxReceived = 256;

    /// <summary>Zones.</summary>
    public const int MaxZones = 256;

    /// <summary>What a node that says nothing else does.</summary>
    public const int UsualInterval = 1_000, UsualWitnesses = 3;

    public required string Node { get; init; }

    /// <summary>Start of the sender in Unix seconds.</summary>
    public required uint Incarnation { get; init; }

    /// <summary>Counts reports from 1.</summary>
    public required long Number { get; init; }

    /// <summary>The sender's wall clock, Unix milliseconds.</summary>
    public required long Clock { get; init; }

    /// <summary>Milliseconds that it covers.</summary>
    public required int WindowMs { get; init; }

    /// <summary>Nodes in the sender's topology, itself included.</summary>
    public required int Members { get; init; }

    /// <summary>k; 0 in a full mesh.</summary>
    public required int Rings { get; init; }

    /// <summary>Milliseconds between two of its probes of a neighbour.</summary>
    public int IntervalMs { get; init; } = UsualInterval;

    /// <summary>How many others it wants to be asked when it is suspect.</summary>
    public int Witnesses { get; init; } = UsualWitnesses;

    /// <summary>Own zone; empty: unknown.</summary>
    public string Zone { get; init; } = "";

    /// <summary>More than half of its peers fail at once.</summary>
    public bool SuspectSelf { get; init; }

    /// <summary>Milliseconds that this process stood still.</summary>
    public int StalledMs { get; init; }

    public ImmutableArray<MeshReportRow> Rows { get; init; } = [];

    public ImmutableArray<MeshReceived> Received { get; init; } = [];

    public ImmutableArray<MeshZoneRow> Zones { get; init; } = [];

    /// <summary>Neighbours that did not fit.</summary>
    public int More { get; init; }

    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer)) Write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc cref="MeshLossMessage.TryRead"/>
    public static bool TryRead(string node, ReadOnlyMemory<byte> json, [NotNullWhen(true)] out MeshReport? message, [NotNullWhen(false)] out string? error) =>
        TelemetryReading.TryRead(node, json, MaxBytes, Read, out message, out error);

    private static MeshReport Read(TelemetryObject from) => new()
    {
        Node = from.Node,
        Incarnation = (uint)from.Whole("inc", 0, uint.MaxValue),
        Number = from.Whole("seq", 0, long.MaxValue),
        Clock = from.Whole("t", 0, TelemetryReading.LastClock),
        WindowMs = (int)from.Whole("window_ms", 0, TelemetryReading.MaxAge),
        Members = (int)from.Whole("members", 0, 1_000_000),
        Rings = (int)from.Whole("rings", 0, MeshTopologyOptions.MaxNeighbours),
        IntervalMs = (int)from.Whole("interval_ms", 10, TelemetryReading.MaxAge, missing: UsualInterval),
        Witnesses = (int)from.Whole("witnesses", 0, 9, missing: UsualWitnesses),
        Zone = from.Word("zone", Names.MaxLength) is { } zone && (zone.Length == 0 || Names.IsNode(zone)) ? zone : throw new JsonException("'zone' is no zone"),
        SuspectSelf = from.Flag("suspect_self"),
        StalledMs = (int)from.Whole("stalled_ms", 0, TelemetryReading.MaxAge, missing: 0),
        Rows = from.Rows("rows", MaxRows, 14, static row => new MeshReportRow(
            row.Node(0), row.State(1), Counts(row, 2), row.Optional(10, int.MaxValue), new MeshTcpCounts(row.Count(11), row.Count(12)), row.Optional(13, int.MaxValue))
        {
            FullSize = row.Length > 15 ? new MeshFullSizeCounts(row.Count(14), row.Count(15)) : default,
        }),
        Received = from.Rows("received", MaxReceived, 2, static row => new MeshReceived(row.Node(0), row.Count(1))),
        Zones = from.Rows("zones", MaxZones, 12, static row => new MeshZoneRow(row.Zone(0), Counts(row, 1), new MeshTcpCounts(row.Count(9), row.Count(10)), row.Counts(11, MeshBuckets.Length))),
        More = (int)from.Whole("more", 0, int.MaxValue, missing: 0),
    };

    private static MeshCounts Counts(TelemetryRow row, int at) => new(
        row.Count(at), row.Count(at + 1), row.Count(at + 2), row.Count(at + 3), row.Count(at + 4), row.Count(at + 5), row.Count(at + 6), row.Count(at + 7));

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("v"u8, 1);
        writer.WriteString("node"u8, Node);
        writer.WriteNumber("inc"u8, Incarnation);
        writer.WriteNumber("seq"u8, Number);
        writer.WriteNumber("t"u8, Clock);
        writer.WriteNumber("window_ms"u8, WindowMs);
        writer.WriteNumber("members"u8, Members);
        writer.WriteNumber("rings"u8, Rings);
        if (IntervalMs != UsualInterval) writer.WriteNumber("interval_ms"u8, IntervalMs);
        if (Witnesses != UsualWitnesses) writer.WriteNumber("witnesses"u8, Witnesses);
        if (Zone.Length > 0) writer.WriteString("zone"u8, Zone);
        if (SuspectSelf) writer.WriteBoolean("suspect_self"u8, value: true);
        if (StalledMs > 0) writer.WriteNumber("stalled_ms"u8, StalledMs);
        int more = More;
        int left = 0;
        TelemetryReading.WriteRows(writer, "rows", Rows, MaxRows, ref more, static (to, row) =>
        {
            to.WriteStringValue(row.Peer);
            to.WriteStringValue(MeshNodeStates.Name(row.State));
            Counts(to, row.Udp);
            Optional(to, row.RttMicros);
            to.WriteNumberValue(row.Tcp.Ok);
            to.WriteNumberValue(row.Tcp.Failed);
            Optional(to, row.TcpMicros);
            to.WriteNumberValue(row.FullSize.Ok);
            to.WriteNumberValue(row.FullSize.Failed);
        });
        TelemetryReading.WriteRows(writer, "received", Received, MaxReceived, ref left, static (to, row) =>
        {
            to.WriteStringValue(row.Sender);
            to.WriteNumberValue(row.Packets);
        });
        TelemetryReading.WriteRows(writer, "zones", Zones, MaxZones, ref left, static (to, row) =>
        {
            to.WriteStringValue(row.Zone);
            Counts(to, row.Udp);
            to.WriteNumberValue(row.Tcp.Ok);
            to.WriteNumberValue(row.Tcp.Failed);
            to.WriteStartArray();
            foreach (int count in row.Histogram) to.WriteNumberValue(count);
            to.WriteEndArray();
        });
        if (more > 0) writer.WriteNumber("more"u8, more);
        writer.WriteEndObject();
    }

    private static void Counts(Utf8JsonWriter to, in MeshCounts counts)
    {
        to.WriteNumberValue(counts.Sent);
        to.WriteNumberValue(counts.Ok);
        to.WriteNumberValue(counts.Lost);
        to.WriteNumberValue(counts.LostForward);
        to.WriteNumberValue(counts.LostReverse);
        to.WriteNumberValue(counts.Late);
        to.WriteNumberValue(counts.Stalled);
        to.WriteNumberValue(counts.Skipped);
    }

    private static void Optional(Utf8JsonWriter to, int? value)
    {
        if (value is { } number) to.WriteNumberValue(number);
        else to.WriteNullValue();
    }
}
