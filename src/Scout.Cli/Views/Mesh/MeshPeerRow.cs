using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views.Mesh;

/// <summary>A path: who probes whom, as the prober counts it.</summary>
internal sealed record MeshPeerRow(string From, MeshPeer Peer)
{
    private static readonly Column<MeshPeerRow> Zone = new("ZONE", (row, _) => row.Peer.Zone);

    private static readonly Column<MeshPeerRow>[] Common =
    [
        new("STATE", (row, _) => row.Peer.Failing ? row.Peer.State + ", failing" : row.Peer.State) { Tone = row => ToneOf(row.Peer) },
        new("LOSS", (row, _) => row.Peer.Sent == 0 ? null : MeshText.Percent(row.Peer.Loss)) { AlignRight = true, Tone = row => row.Peer.Loss > 0.01 ? Tone.Bad : Tone.Plain },
        new("LOST", (row, _) => $"{row.Peer.Lost}/{row.Peer.Sent}") { AlignRight = true },
        new("FWD/REV", (row, _) => row.Peer.Lost == 0 ? null : $"{row.Peer.LostForward}/{row.Peer.LostReverse}") { AlignRight = true },
        new("RTT", (row, _) => MeshText.Milliseconds(row.Peer.RttMs)) { AlignRight = true },
        new("TCP", (row, _) => row.Peer.TcpFailed > 0 ? $"{row.Peer.TcpFailed} of {row.Peer.TcpOk + row.Peer.TcpFailed} fail" : MeshText.Milliseconds(row.Peer.TcpMs)) { AlignRight = true },
        new("LAST", (row, _) => row.Peer.Last),
        new("LATE", (row, _) => row.Peer.Late.ToString(null, null)) { WideOnly = true, AlignRight = true },
        new("STALLED", (row, _) => row.Peer.Stalled.ToString(null, null)) { WideOnly = true, AlignRight = true },
        new("SKIPPED", (row, _) => row.Peer.Skipped.ToString(null, null)) { WideOnly = true, AlignRight = true },
        new("ADDRESS", (row, _) => row.Peer.Address + (row.Peer.Plane is { } plane ? $" ({plane})" : "")) { WideOnly = true },
    ];

    /// <summary>The peers of one node.</summary>
    public static View<MeshPeerRow> Peers { get; } = Of([new("PEER", (row, _) => row.Peer.Plane == "host" ? row.Peer.Node + " (host)" : row.Peer.Node), Zone]);

    /// <summary>Paths of several nodes to one.</summary>
    public static View<MeshPeerRow> Arriving { get; } = Of([new("FROM", (row, _) => row.Peer.Plane == "host" ? row.From + " (host)" : row.From)]);

    /// <summary>Failing ones first, then by loss.</summary>
    public static IEnumerable<MeshPeerRow> Worst(IEnumerable<MeshPeerRow> rows) =>
        rows.OrderByDescending(row => row.Peer.Failing).ThenByDescending(row => row.Peer.Loss).ThenBy(row => row.Peer.Node, StringComparer.Ordinal);

    private static View<MeshPeerRow> Of(Column<MeshPeerRow>[] first) => new()
    {
        Columns = [.. first, .. Common],
        Json = (writer, row) => MeshJsonText.Peer(writer, row.From, row.Peer),
        Name = row => $"{row.From}/{row.Peer.Node}",
        WhenEmpty = "no peers",
    };

    private static Tone ToneOf(MeshPeer peer) => peer switch
    {
        { Failing: true } => Tone.Bad,
        { State: "up" } => Tone.Good,
        { State: "maintenance" } => Tone.Calm,
        { State: "silent" } => Tone.Warn,
        _ => Tone.Quiet,
    };
}
