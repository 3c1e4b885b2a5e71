using Scout.Protocol.Mesh;
using Scout.Server.Mesh;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Statistics;
using static Scout.Server.Tests.Mesh.Trials;

namespace Scout.Server.Tests.Mesh.Statistics;

public sealed class MeshStatisticsTests
{
    [Fact]
    public void Loss_and_median_are_of_the_last_minute_and_half_minute()
    {
        MeshStatistics statistics = Make();
        MeshPath path = Path(statistics, "n1");
        for (int i = 0; i < 100; i++) statistics.Udp(Udp(path, i < 50 ? UdpOutcome.Lost : UdpOutcome.Ok, (100 + i) * Second, rtt: i < 80 ? 1_000_000 : 200_000));
        PeerStanding standing = Assert.Single(statistics.Standings(199 * Second));
        Assert.Equal((60, 50, 10), (standing.Window.Sent, standing.Window.Ok, standing.Window.Lost));
        Assert.Equal(200_000, standing.RttNanoseconds);
        standing = Assert.Single(statistics.Standings(300 * Second));
        Assert.Equal((0, null), (standing.Window.Sent, standing.RttNanoseconds));
    }

    [Theory]
    [InlineData("x", false)]
    [InlineData("xx", false)]
    [InlineData("xxx", true)]
    [InlineData("ooooxxx", true)]
    [InlineData("xxxoo", true)]
    [InlineData("xxxooo", false)]
    [InlineData("xoxox", true)]
    [InlineData("oxoxo", false)]
    [InlineData("xsxsx", true)]
    [InlineData("sssss", false)]
    public void A_peer_fails_when_three_of_its_last_five_decided_probes_failed(string outcomes, bool failing)
    {
        MeshStatistics statistics = Make();
        MeshPath path = Path(statistics, "n1");
        for (int i = 0; i < outcomes.Length; i++) statistics.Udp(Udp(path, outcomes[i] switch { 'o' => UdpOutcome.Ok, 's' => UdpOutcome.Stalled, _ => UdpOutcome.Lost }, (100 + i) * Second));
        Assert.Equal(failing, Assert.Single(statistics.Standings(110 * Second)).Failing);
    }

    [Fact]
    public void Or_when_its_last_two_connections_failed()
    {
        MeshStatistics statistics = Make();
        MeshPath path = Path(statistics, "n1");
        statistics.Tcp(Tcp(path, TcpOutcome.Timeout, 100 * Second));
        Assert.False(Assert.Single(statistics.Standings(101 * Second)).Failing);
        statistics.Tcp(Tcp(path, TcpOutcome.Skipped, 110 * Second));
        statistics.Tcp(Tcp(path, TcpOutcome.Refused, 120 * Second));
        Assert.True(Assert.Single(statistics.Standings(121 * Second)).Failing);
        statistics.Tcp(Tcp(path, TcpOutcome.Ok, 130 * Second));
        Assert.False(Assert.Single(statistics.Standings(131 * Second)).Failing);
    }

    [Fact]
    public void Shift_and_floor_count_for_the_zone_and_make_no_peer()
    {
        MeshStatistics statistics = Make();
        MeshPath far = Path(statistics, "n9", "b", neighbour: false);
        statistics.Udp(Udp(far, UdpOutcome.Ok, 100 * Second, kind: ProbeKind.Shift));
        statistics.Udp(Udp(far, UdpOutcome.Lost, 100 * Second, sequence: 7, kind: ProbeKind.Floor));
        MeshSnapshot snapshot = statistics.Snapshot(101 * Second);
        Assert.Empty(snapshot.Peers);
        MeshZoneSample zone = Assert.Single(snapshot.Zones);
        Assert.Equal(("b", new MeshResultCounts(1, 1, 0)), (zone.Zone, zone.Udp));
        Assert.Equal(1, snapshot.PortLost[7]);
        Assert.Same(far.Owner, Path(statistics, "n8", "b", neighbour: false).Owner);
    }

    [Fact]
    public void Quick_and_asked_probes_are_in_no_ratio()
    {
        MeshStatistics statistics = Make();
        MeshPath path = Path(statistics, "n1");
        statistics.Udp(Udp(path, UdpOutcome.Lost, 100 * Second, kind: ProbeKind.Reactive));
        statistics.Udp(Udp(path, UdpOutcome.Ok, 100 * Second, kind: ProbeKind.Asked));
        statistics.Udp(Udp(path, UdpOutcome.Lost, 100 * Second, kind: ProbeKind.Mtu));
        statistics.Note(MeshNote.ReactiveBudget, path);
        MeshSnapshot snapshot = statistics.Snapshot(101 * Second);
        Assert.Equal(0, snapshot.UdpOutcomes.Sum());
        Assert.Equal((new MeshSpending(1, 1, 1), new MeshSpending(0, 1, 0)), (snapshot.Reactive, snapshot.Mtu));
        Assert.Equal(0, Assert.Single(snapshot.Peers).UdpFailed);
    }

    [Fact]
    public void The_host_plane_is_counted_beside()
    {
        MeshStatistics statistics = Make();
        statistics.Udp(Udp(Path(statistics, "n1", plane: 1), UdpOutcome.Lost, 100 * Second));
        Assert.Equal(0, statistics.Snapshot(101 * Second).UdpOutcomes.Sum());
        Assert.Empty(statistics.TakeLosses(Head(), 101 * Second).Losses);
        Assert.Equal(1, Assert.Single(statistics.Standings(101 * Second)).Window.Lost);
    }

    [Fact]
    public void A_peer_that_left_is_shown_for_a_while_and_ten_thousand_of_them_do_not_pile_up()
    {
        MeshStatistics statistics = Make();
        for (int i = 0; i < 10_000; i++)
        {
            MeshPath path = Path(statistics, $"n{i}");
            statistics.Apply(View(path), i * Second / 100);
        }

        MeshSnapshot snapshot = statistics.Snapshot(100 * Second);
        Assert.InRange(snapshot.Peers.Length, 2, MeshStatistics.MaxLeft + 1);
        Assert.Equal("n9999", Assert.Single(snapshot.Peers, peer => peer.LeftFor is null).Name);
        statistics.Apply(View(), 500 * Second);
        statistics.Apply(View(), 900 * Second);
        Assert.Empty(statistics.Snapshot(900 * Second).Peers);
    }

    [Fact]
    public void Zones_beyond_eight_are_one_in_the_metrics_and_beyond_256_one_everywhere()
    {
        MeshStatistics statistics = Make();
        for (int i = 0; i < 1000; i++) statistics.Udp(Udp(Path(statistics, $"n{i}", $"z{i}", neighbour: false), UdpOutcome.Ok, 100 * Second, kind: ProbeKind.Shift));
        MeshSnapshot snapshot = statistics.Snapshot(101 * Second);
        Assert.Equal(9, snapshot.Zones.Length);
        Assert.Equal(("other", 992L), (snapshot.Zones[8].Zone, snapshot.Zones[8].Udp.Ok));
        Assert.Equal(992, snapshot.Zones[8].Rtt.Cumulative[^1]);
        Assert.Equal(256, statistics.TakeReport(Report(), _ => MeshNodeState.Up, 0).Zones.Length);
    }

    [Fact]
    public void A_probe_allocates_nothing()
    {
        MeshStatistics statistics = Make();
        MeshPath path = Path(statistics, "n1");
        MeshPath far = Path(statistics, "n9", "b", neighbour: false);
        void Round(long at)
        {
            statistics.Udp(Udp(path, UdpOutcome.Ok, at));
            statistics.Udp(Udp(path, UdpOutcome.Lost, at));
            statistics.Direction(Udp(path, UdpOutcome.Lost, at, direction: LossDirection.Forward));
            statistics.Late(Udp(path, UdpOutcome.Lost, at, rtt: 600_000_000));
            statistics.Udp(Udp(far, UdpOutcome.Ok, at, kind: ProbeKind.Floor));
            statistics.Tcp(Tcp(path, TcpOutcome.Ok, at));
            statistics.Stall(at, at + 1000);
            statistics.Note(MeshNote.Duplicate, path);
        }

        for (int i = 0; i < 200; i++) Round(i * Second);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 200; i < 1200; i++) Round(i * Second);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Loss_by_direction_and_counters_reach_the_snapshot()
    {
        MeshStatistics statistics = Make();
        MeshPath path = Path(statistics, "n1");
        for (int i = 0; i < 8; i++) statistics.Udp(Udp(path, UdpOutcome.Ok, 100 * Second));
        statistics.Udp(Udp(path, UdpOutcome.Lost, 100 * Second));
        statistics.Udp(Udp(path, UdpOutcome.Identity, 100 * Second));
        statistics.Direction(Udp(path, UdpOutcome.Lost, 100 * Second, direction: LossDirection.Forward));
        MeshPeerSample peer = Assert.Single(statistics.Snapshot(101 * Second).Peers);
        Assert.Equal((8, 2, 0.2, 0.1, 0.0), (peer.UdpOk, peer.UdpFailed, peer.Loss, peer.LossForward, peer.LossReverse));
        Assert.Equal(0.0002, peer.UdpRtt);
    }

    private static MeshStatistics Make() => new(compat: false, 300 * Second, static (_, _) => { }, static () => { });

    private static MeshLossMessage Head() => new() { Node = "self", Incarnation = 1, Number = 1, Clock = 1 };

    private static MeshReport Report() => new() { Node = "self", Incarnation = 1, Number = 1, Clock = 1, WindowMs = 1, Members = 1, Rings = 0 };
}
