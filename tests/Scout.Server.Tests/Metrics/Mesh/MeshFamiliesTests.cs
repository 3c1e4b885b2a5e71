using System.Text;
using Scout.Server.Mesh.Statistics;
using Scout.Server.Metrics;
using Scout.Server.Metrics.Mesh;

namespace Scout.Server.Tests.Metrics.Mesh;

public sealed class MeshFamiliesTests
{
    private static readonly string[] Textfile =
        ["scout_mesh_in_probers", "scout_mesh_in_probers_expected", "scout_mesh_peers", "scout_mesh_probes_total", "scout_mesh_stall_seconds_total"];

    [Theory]
    [InlineData(10, 5, 297)]
    [InlineData(23, 9, 506)]
    [InlineData(0, 0, 92)]
    public void There_are_never_more_series_than_the_formula_says(int peers, int zones, int bound)
    {
        Dictionary<string, double> series = Rendered(Meshes.Busy(peers, zones));
        Assert.Equal(bound, series.Count);
        Assert.All(series.Keys, name => Assert.Contains("{node=\"n7\",zone=\"a\"", name, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_name_and_label_is_as_the_contract_has_it()
    {
        Dictionary<string, double> series = Rendered(Meshes.Busy());
        Assert.Equal(60, series["""scout_mesh_peer_probes_total{node="n7",zone="a",peer="n003",peer_zone="z3",proto="udp",result="ok"}"""]);
        Assert.Equal(1, series["""scout_mesh_peer_probes_total{node="n7",zone="a",peer="n003",peer_zone="z3",proto="tcp",result="fail"}"""]);
        Assert.Equal(0.0007, series["""scout_mesh_peer_rtt_seconds{node="n7",zone="a",peer="n003",peer_zone="z3",proto="tcp"}"""]);
        Assert.Equal(0.02, series["""scout_mesh_peer_loss_ratio{node="n7",zone="a",peer="n003",peer_zone="z3",direction="forward"}"""]);
        Assert.Equal(2, series["""scout_mesh_probes_total{node="n7",zone="a",peer_zone="z1",proto="udp",result="excluded"}"""]);
        Assert.Equal(2, series["""scout_mesh_outcomes_total{node="n7",zone="a",proto="udp",result="stalled"}"""]);
        Assert.Equal(1, series["""scout_mesh_rtt_seconds_bucket{node="n7",zone="a",peer_zone="z1",le="0.0002"}"""]);
        Assert.Equal(4, series["""scout_mesh_rtt_seconds_bucket{node="n7",zone="a",peer_zone="z1",le="+Inf"}"""]);
        Assert.Equal(3, series["""scout_mesh_tcp_phase_seconds_bucket{node="n7",zone="a",phase="connect",le="0.4096"}"""]);
        Assert.Equal(1.25, series["""scout_mesh_stall_seconds_total{node="n7",zone="a"}"""]);
        Assert.Equal(1, series["""scout_mesh_peers{node="n7",zone="a",state="silent"}"""]);
        Assert.Equal(1, series["""scout_mesh_port_lost_total{node="n7",zone="a",port="15"}"""]);
        Assert.Equal(3, series["""scout_mesh_responder_packets_total{node="n7",zone="a",result="limited"}"""]);
        Assert.Equal(2, series["""scout_mesh_traces_total{node="n7",zone="a",result="budget"}"""]);
        Assert.Equal(1, series["""scout_mesh_info{node="n7",zone="a",version="0.1.0",topology="rings",k="10"}"""]);
    }

    [Fact]
    public void Ports_without_a_loss_and_medians_without_a_probe_have_no_series()
    {
        MeshSnapshot quiet = Meshes.Busy(0) with { PortLost = [.. new long[16]], Peers = [Meshes.Peer("n1") with { UdpRtt = null, Loss = null, LossForward = null }] };
        Dictionary<string, double> series = Rendered(quiet);
        Assert.DoesNotContain(series.Keys, name => name.StartsWith("scout_mesh_port_lost_total", StringComparison.Ordinal));
        Assert.Equal(4 + 1 + 1, series.Keys.Count(name => name.Contains("peer=\"n1\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_counters_of_a_peer_that_left_stay_for_the_hold_and_then_go()
    {
        MeshPeerSample left = Meshes.Peer("gone") with { LeftFor = TimeSpan.FromMinutes(4) };
        Dictionary<string, double> held = Rendered(Meshes.Busy(0) with { Peers = [left] });
        Assert.Equal(4, held.Keys.Count(name => name.Contains("peer=\"gone\"", StringComparison.Ordinal)));
        Assert.DoesNotContain(held.Keys, name => name.StartsWith("scout_mesh_peer_rtt", StringComparison.Ordinal));
        Dictionary<string, double> later = Rendered(Meshes.Busy(0) with { Peers = [left with { LeftFor = TimeSpan.FromMinutes(6) }] });
        Assert.DoesNotContain(later.Keys, name => name.Contains("gone", StringComparison.Ordinal));
    }

    [Fact]
    public void Beyond_the_bound_whole_peers_are_dropped_and_counted_and_those_who_left_go_first()
    {
        MeshPeerSample[] peers = [Meshes.Peer("a") with { LeftFor = TimeSpan.FromSeconds(1) }, Meshes.Peer("b"), Meshes.Peer("c")];
        var options = new MeshMetricsOptions { MaxSeries = 92 + (2 * MeshFamilies.PeerSeries) };
        Dictionary<string, double> series = Rendered(Meshes.Busy(0, 0) with { Peers = [.. peers] }, options);
        Assert.DoesNotContain(series.Keys, name => name.Contains("peer=\"a\"", StringComparison.Ordinal));
        Assert.Contains(series.Keys, name => name.Contains("peer=\"c\"", StringComparison.Ordinal));
        Assert.Equal(9, series["""scout_mesh_series_dropped_total{node="n7",zone="a"}"""]);
    }

    [Fact]
    public void Ten_thousand_joins_and_leaves_do_not_pass_the_bound()
    {
        var options = new MeshMetricsOptions();
        for (int round = 0; round < 100; round++)
        {
            MeshPeerSample[] peers = [.. Enumerable.Range(0, 110).Select(i => Meshes.Peer($"n{(round * 100) + i}") with { LeftFor = i < 100 ? TimeSpan.FromSeconds(i) : null })];
            Dictionary<string, double> series = Rendered(Meshes.Busy() with { Peers = [.. peers] }, options);
            Assert.InRange(series.Count, 297, options.MaxSeries + 1);
            for (int i = 100; i < 110; i++) Assert.Contains(series.Keys, name => name.Contains($"peer=\"n{(round * 100) + i}\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_textfile_holds_only_its_five_families()
    {
        Dictionary<string, double> series = Rendered(Meshes.Busy(), textfile: true);
        Assert.Equal(Textfile, series.Keys.Select(name => name.Split('{')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(5 + 2 + (5 * 6) + 1, series.Count);
    }

    [Fact]
    public void The_plane_is_a_label_when_there_are_two_and_hostile_names_are_escaped()
    {
        Dictionary<string, double> series = Rendered(Meshes.Busy(0) with { Plane = "host", Zone = "a\"\n", Peers = [Meshes.Peer("x\\")] });
        Assert.Contains("""scout_mesh_in_probers{node="n7",zone="a\"_",plane="host"}""", series.Keys);
        Assert.Contains(series.Keys, name => name.Contains("""peer="x\\",""", StringComparison.Ordinal));
    }

    [Fact]
    public void With_two_planes_a_neighbour_has_the_series_of_both()
    {
        Dictionary<string, double> series = Rendered(Meshes.Busy(0) with { Plane = "pod", Peers = [Meshes.Peer("n1"), Meshes.Peer("n1") with { IsHostPlane = true, UdpFailed = 7 }] });
        Assert.Equal(2, series["""scout_mesh_peer_probes_total{node="n7",zone="a",plane="pod",peer="n1",peer_zone="b",proto="udp",result="fail"}"""]);
        Assert.Equal(7, series["""scout_mesh_peer_probes_total{node="n7",zone="a",plane="host",peer="n1",peer_zone="b",proto="udp",result="fail"}"""]);
        Assert.Equal(0.03, series["""scout_mesh_peer_loss_ratio{node="n7",zone="a",plane="host",peer="n1",peer_zone="b",direction="round"}"""]);
        Assert.Contains("""scout_mesh_series_dropped_total{node="n7",zone="a",plane="pod"}""", series.Keys);
    }

    [Fact]
    public void A_node_without_a_mesh_has_no_series_of_it()
    {
        var writer = new ExpositionWriter("n7");
        var node = new NodeSample { Node = "n7", Version = "0.1.0", Mode = "dev", Counters = new NodeCounters() };
        MetricsText.Render(writer, node, new SeriesBudget(32, 1000), null, new MeshMetrics(new MeshMetricsOptions()));
        Assert.DoesNotContain("scout_mesh", Encoding.UTF8.GetString(writer.Written.Span), StringComparison.Ordinal);
        MetricsText.Render(writer, node with { Mesh = Meshes.Busy() }, new SeriesBudget(32, 1000), null, new MeshMetrics(new MeshMetricsOptions()));
        Assert.Contains("scout_mesh_peers{", Encoding.UTF8.GetString(writer.Written.Span), StringComparison.Ordinal);
    }

    private static Dictionary<string, double> Rendered(MeshSnapshot mesh, MeshMetricsOptions? options = null, bool textfile = false)
    {
        var writer = new ExpositionWriter("n7");
        MeshFamilies.Write(writer, mesh, options ?? new MeshMetricsOptions(), 0, "0.1.0", textfile);
        return ExpositionParser.Parse(Encoding.UTF8.GetString(writer.Written.Span));
    }
}
