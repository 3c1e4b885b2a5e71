using System.Net;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Tests.Mesh;

/// <summary>Trials as the prober tells them, without a prober.</summary>
internal static class Trials
{
    public const long Second = MeshClock.Second;

    public static MeshPath Path(MeshStatistics statistics, string peer, string zone = "a", bool neighbour = true, byte plane = 0) => new()
    {
        Peer = peer,
        PeerId = NodeId.Of(peer),
        Address = IPAddress.Loopback,
        Port = 8620,
        Plane = plane,
        Role = neighbour ? PathRole.Neighbour : PathRole.Far,
        Owner = statistics.OwnerOf(peer, zone, plane, neighbour),
    };

    public static UdpTrial Udp(MeshPath path, UdpOutcome outcome, long at, uint sequence = 0, ProbeKind kind = ProbeKind.Full, long rtt = 200_000, LossDirection direction = LossDirection.Unknown) =>
        new(path, sequence, (byte)(sequence % 16), kind, outcome, direction, outcome == UdpOutcome.Ok ? rtt : 0, at - (500 * MeshClock.Millisecond), at);

    public static TcpTrial Tcp(MeshPath path, TcpOutcome outcome, long at, long total = 400_000) => new(path, outcome, 100_000, total, total, at - total, at);

    /// <summary>A view in which these are the neighbours.</summary>
    public static MeshView View(params MeshPath[] paths) => MeshView.Empty("self") with
    {
        Plan = new MeshPlan([.. paths], ProbeKind.Full),
        Neighbours = [.. paths.Where(path => path.Role == PathRole.Neighbour).Select(path => path.Peer)],
        Peers = [.. paths.Select(path => path.Peer).Distinct().Order(StringComparer.Ordinal).Select(name => new Peer(new PeerSeen(name, "a", [IPAddress.Loopback], 8620, 1, PeerWord.Up), MeshNodeState.Up, 0))],
    };
}
