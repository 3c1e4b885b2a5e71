using System.Text;
using Scout.Server.Metrics;

namespace Scout.Server.Tests.Metrics;

public sealed class ClusterFamiliesTests
{
    [Fact]
    public void Every_reason_has_its_series_from_the_start()
    {
        var writer = new ExpositionWriter("n7");
        ClusterFamilies.Write(writer, ClusterSamples.Busy());
        string text = Encoding.UTF8.GetString(writer.Written.Span);
        string[] wanted =
        [
            "# TYPE scout_kubernetes_requests_total counter",
            "scout_kubernetes_requests_total{node=\"n7\",kind=\"pods\",verb=\"list\",code=\"200\"} 3",
            "scout_kubernetes_requests_total{node=\"n7\",kind=\"pods\",verb=\"watch\",code=\"0\"} 1",
            "scout_kubernetes_watch_events_total{node=\"n7\",kind=\"pods\",type=\"modified\"} 7",
            "scout_kubernetes_relists_total{node=\"n7\",kind=\"pods\",reason=\"first\"} 1",
            "scout_kubernetes_relists_total{node=\"n7\",kind=\"pods\",reason=\"mute\"} 0",
            "scout_kubernetes_objects{node=\"n7\",kind=\"pods\"} 12",
            "scout_kubernetes_dropped_total{node=\"n7\",kind=\"pods\",reason=\"unknown_type\"} 1",
            "# TYPE scout_kubernetes_stale_seconds gauge",
            "scout_kubernetes_stale_seconds{node=\"n7\",kind=\"pods\"} 1.5",
        ];
        Assert.All(wanted, line => Assert.Contains(line + "\n", text, StringComparison.Ordinal));
        Assert.Equal(["first", "expired", "mute", "unreadable", "error"],
            text.Split('\n').Where(line => line.StartsWith("scout_kubernetes_relists_total{", StringComparison.Ordinal)).Select(line => line.Split("reason=\"")[1].Split('"')[0]));
    }
}
