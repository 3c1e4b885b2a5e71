using System.Collections.Immutable;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Tests.Metrics.Mesh;

/// <summary>Snapshots for the tests of the metrics: a mesh in which everything has happened.</summary>
internal static class Meshes
{
    public static MeshSnapshot Busy(int peers = 10, int zones = 5) => new()
    {
        Zone = "a",
        Topology = "rings",
        Neighbours = peers,
        Peers = [.. Enumerable.Range(0, peers).Select(i => Peer($"n{i:000}", $"z{i % Math.Max(zones, 1)}"))],
        Zones = [.. Enumerable.Range(0, zones).Select(i => new MeshZoneSample { Zone = $"z{i}", Udp = new(1000, 3, 2), Tcp = new(100, 1, 0), Rtt = Histogram(200_000) })],
        UdpOutcomes = [5000, 15, 1, 1, 2, 3],
        TcpOutcomes = [500, 2, 1, 0, 0, 0, 0, 1, 0],
        TcpConnect = Histogram(300_000),
        TcpTotal = Histogram(700_000),
        Late = 4,
        Duplicate = 1,
        Reordered = 2,
        Stalled = TimeSpan.FromMilliseconds(1250),
        PeerStates = [0, 998, 1, 0, 0],
        RosterAge = TimeSpan.FromSeconds(3),
        InProbers = 10,
        InProbersExpected = 10,
        PortLost = [.. Enumerable.Repeat(1L, 16)],
        ResponderAnswered = 6000,
        ResponderStateless = 1,
        ResponderRefused = 2,
        ResponderLimited = 3,
        Reactive = new(20, 5, 1),
        Traces = new(1, 0, 2),
        Mtu = new(90, 0, 0),
    };

    public static MeshPeerSample Peer(string name, string zone = "b") => new()
    {
        Name = name,
        Zone = zone,
        UdpOk = 60,
        UdpFailed = 2,
        TcpOk = 6,
        TcpFailed = 1,
        UdpRtt = 0.00021,
        TcpRtt = 0.0007,
        Loss = 0.03,
        LossForward = 0.02,
        LossReverse = 0.01,
    };

    private static MeshHistogramSample Histogram(long nanoseconds)
    {
        var histogram = new MeshHistogram();
        foreach (long factor in ImmutableArray.Create(1L, 2, 10, 10_000)) histogram.Observe(nanoseconds * factor);
        return histogram.Sample();
    }
}
