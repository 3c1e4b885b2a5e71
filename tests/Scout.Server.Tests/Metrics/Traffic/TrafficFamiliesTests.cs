using System.Text;
using Scout.Server.Http;
using Scout.Server.Metrics;
using Scout.Server.Metrics.Traffic;
using Scout.Server.Traffic;
using Scout.Traffic;

namespace Scout.Server.Tests.Metrics.Traffic;

public sealed class TrafficFamiliesTests
{
    [Fact]
    public void Native_series_have_the_pods_and_the_services_view()
    {
        string[] lines = Lines(writer => TrafficFamilies.Write(writer, TrafficSnapshots.Busy()));
        Assert.Contains("# TYPE scout_pod_network_receive_bytes_total counter", lines);
        Assert.Contains("""scout_pod_network_receive_bytes_total{node="n7",namespace="shop",pod="web"} 50""", lines);
        Assert.Contains("""scout_pod_network_transmit_packets_total{node="n7",namespace="shop",pod="web"} 3""", lines);
        Assert.Contains("""scout_pod_network_transmit_packets_total{node="n7",pod_uid="0a1b"} 0""", lines);
        Assert.Contains("""scout_pod_service_transmit_bytes_total{node="n7",namespace="shop",pod="web",service_namespace="shop",service="db"} 300""", lines);
        Assert.Contains("""scout_service_receive_bytes_total{node="n7",service_namespace="shop",service="db",service_type="clusterIp"} 300""", lines);
        Assert.Contains("""scout_traffic_loopback_bytes_total{node="n7",direction="transmit"} 300""", lines);
        Assert.Contains("""scout_traffic_map_capacity{node="n7",map="counters"} 16384""", lines);
        Assert.Contains("""scout_traffic_up{node="n7"} 1""", lines);
        Assert.Contains("""scout_traffic_last_collect_timestamp_seconds{node="n7"} 1000""", lines);
    }

    [Fact]
    public void The_twelve_series_of_statsagent_have_its_names_labels_and_type()
    {
        string[] lines = Lines(writer => TrafficCompat.Write(writer, TrafficSnapshots.Busy()));
        Assert.Equal(12, lines.Count(line => line.StartsWith("# TYPE ", StringComparison.Ordinal) && line.EndsWith(" gauge", StringComparison.Ordinal)));
        Assert.Contains("""statsagent_pod_svc_stats_pod_to_svc_bytes{pod_namespace="shop",pod_name="web",svc_namespace="shop",svc_name="db",svc_scope="clusterIp"} 300""", lines);
        Assert.Contains("""statsagent_pod_svc_stats_svc_to_pod_packets{pod_namespace="shop",pod_name="web",svc_namespace="shop",svc_name="db",svc_scope="clusterIp"} 2""", lines);
        Assert.Contains("""statsagent_pod_stats_pod_tx_bytes{pod_namespace="shop",pod_name="web"} 300""", lines);
        Assert.Contains("""statsagent_pod_stats_pod_rx_bytes{pod_namespace="shop",pod_name="web"} 50""", lines);
        Assert.Contains("""statsagent_svc_stats_svc_tx_bytes{svc_namespace="shop",svc_name="db",svc_scope="clusterIp"} 50""", lines);
        Assert.Contains("""statsagent_svc_stats_svc_rx_bytes{svc_namespace="shop",svc_name="db",svc_scope="clusterIp"} 300""", lines);
    }

    [Fact]
    public async Task The_compatible_pages_are_its_two()
    {
        var pages = new TrafficCompatPages(TrafficSnapshots.Busy);
        HttpResponse status = await pages.GetAsync("/status");
        Assert.Equal("{\"pod-count\": 2}\n", Encoding.UTF8.GetString(status.Body[0].Span));
        HttpResponse metrics = await pages.GetAsync("/metrics");
        Assert.StartsWith("# HELP statsagent_", Encoding.UTF8.GetString(metrics.Body[0].Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Down_is_told_and_nothing_is_invented()
    {
        string[] lines = Lines(writer => TrafficFamilies.Write(writer, TrafficSnapshot.None with { Reason = "x" }));
        Assert.Contains("""scout_traffic_up{node="n7"} 0""", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("scout_pod_network_receive_bytes_total{", StringComparison.Ordinal));
    }

    private static string[] Lines(Action<ExpositionWriter> write)
    {
        var writer = new ExpositionWriter("n7");
        write(writer);
        return Encoding.UTF8.GetString(writer.Written.Span).Split('\n');
    }
}
