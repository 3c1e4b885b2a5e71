using System.Collections.Immutable;
using System.Text;
using Scout.Server.Mesh.Statistics;
using Scout.Server.Metrics;
using Scout.Server.Metrics.Mesh;

namespace Scout.Server.Tests.Metrics.Mesh;

public sealed class MeshCompatTests
{
    [Fact]
    public void The_switch_scout_adds_running_sums_of_successful_tcp_probes()
    {
        var tally = new MeshCompatTally();
        tally.TcpOk(connect: 300_900, firstByte: 400_900, total: 1_999_999);
        tally.TcpOk(connect: 200_000, firstByte: 500_000, total: 2_000_001);
        tally.TcpFailed();
        string[] lines = Lines(tally, "scout");
        const string Labels = """{dest_node="n9",dest_pod="n9",src_node="n7",src_pod="n7"}""";
        Assert.Contains("# TYPE scout_total_requests counter", lines);
        Assert.Contains("# TYPE scout_total_latency gauge", lines);
        Assert.Contains($"scout_total_requests{Labels} 2", lines);
        Assert.Contains($"scout_total_latency{Labels} 3", lines);
        Assert.Contains($"scout_total_dns_duration{Labels} 0", lines);
        Assert.Contains($"scout_total_conn_duration{Labels} 500", lines);
        Assert.Contains($"scout_total_server_processing_duration{Labels} 900", lines);
    }

    [Fact]
    public void The_switch_kconmon_adds_the_last_tcp_probe_and_batches_of_five_udp_probes()
    {
        var tally = new MeshCompatTally();
        tally.TcpOk(connect: 250_000, firstByte: 100_000, total: 500_000);
        tally.TcpFailed();
        foreach (long? rtt in (long?[])[1_000_000, 1_000_000, 2_000_000, 1_000_000, null, 7_000_000]) tally.Udp(rtt);
        string[] lines = Lines(tally, "kconmon");
        const string Labels = """{source="n7",destination="n9",source_zone="a",destination_zone="b"}""";
        Assert.Contains($"kconmon_tcp_connect_milliseconds{Labels} 0.25", lines);
        Assert.Contains($"kconmon_tcp_duration_milliseconds{Labels} 0.5", lines);
        Assert.Contains($"kconmon_tcp_results_total{Labels[..^1]},result=\"pass\"}} 1", lines);
        Assert.Contains($"kconmon_tcp_results_total{Labels[..^1]},result=\"fail\"}} 1", lines);
        Assert.Contains($"kconmon_udp_duration_milliseconds{Labels} 51", lines);
        Assert.Contains($"kconmon_udp_duration_variance_milliseconds{Labels} 249", lines);
        Assert.Contains($"kconmon_udp_loss{Labels} 20", lines);
        Assert.Contains($"kconmon_udp_results_total{Labels[..^1]},result=\"fail\"}} 1", lines);
        Assert.Contains($"kconmon_udp_results_total{Labels[..^1]},result=\"pass\"}} 0", lines);
    }

    [Fact]
    public void The_switch_kconmon_adds_dns_checks_by_the_name_they_ask_for_and_no_more_than_64()
    {
        var tally = new DnsCompatTally();
        tally.Add("kubernetes.default", passed: true, TimeSpan.FromMilliseconds(1.5));
        tally.Add("kubernetes.default", passed: false, TimeSpan.FromMilliseconds(2500));
        for (int i = 0; i < 100; i++) tally.Add($"x{i}", passed: true, TimeSpan.Zero);
        Assert.Equal(64, tally.Sample().Length);
        var writer = new ExpositionWriter("n7");
        MeshCompat.Write(writer, "n7", new MeshSnapshot { Zone = "a", Dns = [tally.Sample()[0]] }, new MeshMetricsOptions { Compat = ["kconmon"] });
        string[] lines = Encoding.UTF8.GetString(writer.Written.Span).Split('\n');
        Assert.Contains("""kconmon_dns_duration_milliseconds{source="n7",source_zone="a",host="kubernetes.default"} 2500""", lines);
        Assert.Contains("""kconmon_dns_results_total{source="n7",source_zone="a",host="kubernetes.default",result="pass"} 1""", lines);
        Assert.Contains("""kconmon_dns_results_total{source="n7",source_zone="a",host="kubernetes.default",result="fail"} 1""", lines);
    }

    [Fact]
    public void Before_the_first_value_there_is_no_gauge()
    {
        string[] lines = Lines(new MeshCompatTally(), "scout", "kconmon", "monlat");
        Assert.DoesNotContain(lines, line => line.StartsWith("kconmon_udp_loss{", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("latency_between_nodes{", StringComparison.Ordinal));
    }

    [Fact]
    public void The_switch_monlat_adds_the_median_in_milliseconds_and_nothing_else()
    {
        string[] lines = Lines(new MeshCompatSample { MedianMilliseconds = 0.21 }, "monlat");
        Assert.Contains("""latency_between_nodes{from="n7",to="n9"} 0.21""", lines);
        Assert.DoesNotContain(lines, line => line.Contains("kconmon", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_tools_show_the_node_itself_too_and_pods_by_their_names()
    {
        var writer = new ExpositionWriter("n7");
        var mesh = new MeshSnapshot
        {
            Zone = "a",
            Peers = [Meshes.Peer("n8") with { Compat = new MeshCompatSample { MedianMilliseconds = 1 } }, Meshes.Peer("n8") with { IsHostPlane = true }, Meshes.Peer("n9") with { Compat = new MeshCompatSample() }],
            Self = Meshes.Peer("n7", "a") with { Compat = new MeshCompatSample { TcpPassed = 3, MedianMilliseconds = 1 } },
            Pods = ImmutableDictionary<string, string>.Empty.Add("n7", "scout-x").Add("n8", "scout-y"),
        };
        MeshCompat.Write(writer, "n7", mesh, new MeshMetricsOptions { Compat = ["scout", "kconmon", "monlat"] });
        string[] lines = Encoding.UTF8.GetString(writer.Written.Span).Split('\n');
        Assert.Equal(
            [
                """scout_total_requests{dest_node="n8",dest_pod="scout-y",src_node="n7",src_pod="scout-x"} 0""",
                """scout_total_requests{dest_node="n9",dest_pod="n9",src_node="n7",src_pod="scout-x"} 0""",
                """scout_total_requests{dest_node="n7",dest_pod="scout-x",src_node="n7",src_pod="scout-x"} 3""",
            ],
            lines.Where(static line => line.StartsWith("scout_total_requests{", StringComparison.Ordinal)));
        Assert.Contains("""kconmon_tcp_results_total{source="n7",destination="n7",source_zone="a",destination_zone="a",result="pass"} 3""", lines);
        Assert.Equal(["""latency_between_nodes{from="n7",to="n8"} 1"""], lines.Where(static line => line.StartsWith("latency_between_nodes{", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_prefix_of_kconmon_can_be_another() =>
        Assert.Contains(Lines(new MeshCompatSample(), new MeshMetricsOptions { Compat = ["kconmon"], KconmonPrefix = "net" }), line => line.StartsWith("net_tcp_results_total{", StringComparison.Ordinal));

    private static string[] Lines(MeshCompatTally tally, params string[] tools) => Lines(tally.Sample(), tools);

    private static string[] Lines(MeshCompatSample sample, params string[] tools) => Lines(sample, new MeshMetricsOptions { Compat = [.. tools] });

    private static string[] Lines(MeshCompatSample sample, MeshMetricsOptions options)
    {
        var writer = new ExpositionWriter("n7");
        MeshCompat.Write(writer, "n7", new MeshSnapshot { Zone = "a", Peers = [Meshes.Peer("n9") with { Compat = sample }] }, options);
        return Encoding.UTF8.GetString(writer.Written.Span).Split('\n');
    }
}
