using System.Globalization;
using System.Text;
using Scout.Broker.Streams;
using Scout.Kubernetes;

namespace Scout.Broker.Http;

/// <summary>The broker's own series (server.md 8, last line) in the text format. A pure function of the state.</summary>
internal static class BrokerMetrics
{
    public static string Render(BrokerState state, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Family(text, "scout_broker_server_up", "gauge", "1 while nats-server answers.", state.Ready ? 1 : 0);
        Family(text, "scout_broker_server_restarts_total", "counter", "How often nats-server ended by itself and was started again.", state.Restarts);
        Family(text, "scout_broker_streams_different", "gauge", "Streams that are missing or not as they should be.", state.Streams.Count(static one => !one.Good));
        Head(text, "scout_broker_stream_source_lag", "gauge", "Messages that a stream is behind its source.");
        foreach (StreamReport one in state.Streams) text.Append(CultureInfo.InvariantCulture, $"scout_broker_stream_source_lag{{stream=\"{one.Name}\"}} {one.SourceLag}\n");
        Family(text, "scout_broker_reload_failed", "gauge", "1 after a configuration or certificate that was refused; the one before is in force.", state.ReloadFailed ? 1 : 0);
        Family(text, "scout_broker_reloads_total", "counter", "Changes of the configuration that nats-server took over.", state.Reloads);
        if (state.CertificateEnds is { } ends) Family(text, "scout_broker_certificate_expiry_seconds", "gauge", "Until the server's certificate expires.", (long)(ends - now).TotalSeconds);
        Family(text, "scout_broker_short_of", "gauge", "Kinds of room (disk, open files) of which this machine has little left.", state.Short.Count);
        Family(text, "scout_broker_log_dropped_total", "counter", "Log lines of nats-server that were dropped.", state.DroppedLines);
        if (state.Mesh.Current is { } mesh) MeshMetrics.Render(text, mesh);
        if (state.Cluster() is { } cluster) Cluster(text, cluster);
        return text.ToString();
    }

    private static void Cluster(StringBuilder text, ClusterSample sample)
    {
        foreach (ClusterFamily family in ClusterSeries.Of(sample))
        {
            Head(text, family.Name, family.IsCounter ? "counter" : "gauge", family.Help);
            // Kinds, verbs, codes and reasons are words without anything to escape.
            foreach (ClusterRow row in family.Rows)
                text.Append(CultureInfo.InvariantCulture, $"{family.Name}{{{string.Join(',', row.Labels.Select(static label => $"{label.Key}=\"{label.Value}\""))}}} {row.Value}\n");
        }
    }

    private static void Family(StringBuilder text, string name, string type, string help, long value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
}
