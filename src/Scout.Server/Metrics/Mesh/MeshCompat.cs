using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Metrics.Mesh;

/// <summary>
/// The series of three older tools, with their names, labels, types and units (mesh.md section 5), so that dashboards and rules written for them go on
/// working. They carry no label <c>node</c>, for the originals have none. A pure function of the snapshot.
/// </summary>
internal static class MeshCompat
{
    /// <param name="writer">Where to.</param>
    /// <param name="node">This node.</param>
    /// <param name="mesh">The state.</param>
    /// <param name="options">Which tools.</param>
    public static void Write(ExpositionWriter writer, string node, MeshSnapshot mesh, MeshMetricsOptions options)
    {
        MeshPeerSample[] peers = [.. mesh.Peers.Where(peer => peer is { Compat: not null, LeftFor: null, IsHostPlane: false })];
        // Two of the originals probe themselves too.
        MeshPeerSample[] all = mesh.Self is { Compat: not null } self ? [.. peers, self] : peers;
        if (options.Compat.Contains("scout")) Scout(writer, node, mesh, all);
        if (options.Compat.Contains("kconmon"))
        {
            Kconmon(writer, node, mesh.Zone, all, options.KconmonPrefix);
            KconmonDns(writer, node, mesh, options.KconmonPrefix);
        }

        if (options.Compat.Contains("monlat")) Monlat(writer, node, peers);
    }

    private static void Scout(ExpositionWriter writer, string node, MeshSnapshot mesh, MeshPeerSample[] peers)
    {
        string Pod(string name) => mesh.Pods.GetValueOrDefault(name, name);
        string own = Pod(node);
        void Each(Func<MeshCompatSample, double> value)
        {
            foreach (MeshPeerSample peer in peers) Sample(writer, value(peer.Compat!), ("dest_node", peer.Name), ("dest_pod", Pod(peer.Name)), ("src_node", node), ("src_pod", own));
        }

        // The original counts without the suffix that today's convention wants.
        writer.Counter("scout_total_requests", "Successful TCP probes.");
        Each(static one => one.TcpPassed);
        writer.Gauge("scout_total_latency", "Sum of whole milliseconds of successful TCP probes.");
        Each(static one => one.LatencySumMilliseconds);
        writer.Gauge("scout_total_dns_duration", "Sum of microseconds of name lookups; the mesh makes none.");
        Each(static _ => 0);
        writer.Gauge("scout_total_conn_duration", "Sum of microseconds to connect.");
        Each(static one => one.ConnectSumMicroseconds);
        writer.Gauge("scout_total_server_processing_duration", "Sum of microseconds from the request to the first byte.");
        Each(static one => one.ProcessingSumMicroseconds);
    }

    private static void Kconmon(ExpositionWriter writer, string node, string zone, MeshPeerSample[] peers, string prefix)
    {
        void Gauge(string name, string help, Func<MeshCompatSample, double?> value)
        {
            writer.Gauge(prefix + name, help);
            foreach (MeshPeerSample peer in peers)
            {
                if (value(peer.Compat!) is { } number)
                {
                    Sample(writer, number, ("source", node), ("destination", peer.Name), ("source_zone", zone), ("destination_zone", peer.Zone));
                }
            }
        }

        void Results(string name, string help, Func<MeshCompatSample, (long Pass, long Fail)> counts)
        {
            writer.Counter(prefix + name, help);
            foreach (MeshPeerSample peer in peers)
            {
                (long pass, long fail) = counts(peer.Compat!);
                Sample(writer, pass, ("source", node), ("destination", peer.Name), ("source_zone", zone), ("destination_zone", peer.Zone), ("result", "pass"));
                Sample(writer, fail, ("source", node), ("destination", peer.Name), ("source_zone", zone), ("destination_zone", peer.Zone), ("result", "fail"));
            }
        }

        Gauge("_tcp_connect_milliseconds", "Last TCP probe: time to connect.", static one => one.TcpConnectMilliseconds);
        Gauge("_tcp_duration_milliseconds", "Last TCP probe: all of it.", static one => one.TcpTotalMilliseconds);
        Results("_tcp_results_total", "TCP probes.", static one => (one.TcpPassed, one.TcpFailed));
        Gauge("_udp_duration_milliseconds", "Mean of the last five UDP probes; a lost one enters with 250 ms.", static one => one.UdpMeanMilliseconds);
        Gauge("_udp_duration_variance_milliseconds", "Longest less shortest of the last five UDP probes.", static one => one.UdpSpreadMilliseconds);
        Gauge("_udp_loss", "Percent lost of the last five UDP probes.", static one => one.UdpLossPercent);
        Results("_udp_results_total", "Batches of five UDP probes; fail when any was lost.", static one => (one.UdpPassed, one.UdpFailed));
    }

    private static void KconmonDns(ExpositionWriter writer, string node, MeshSnapshot mesh, string prefix)
    {
        if (mesh.Dns.IsEmpty) return;
        writer.Gauge(prefix + "_dns_duration_milliseconds", "Last dns check of a name.");
        foreach (DnsCompatSample one in mesh.Dns) Sample(writer, one.Milliseconds, ("source", node), ("source_zone", mesh.Zone), ("host", one.Host));
        writer.Counter(prefix + "_dns_results_total", "dns checks of a name.");
        foreach (DnsCompatSample one in mesh.Dns)
        {
            Sample(writer, one.Passed, ("source", node), ("source_zone", mesh.Zone), ("host", one.Host), ("result", "pass"));
            Sample(writer, one.Failed, ("source", node), ("source_zone", mesh.Zone), ("host", one.Host), ("result", "fail"));
        }
    }

    private static void Monlat(ExpositionWriter writer, string node, MeshPeerSample[] peers)
    {
        writer.Gauge("latency_between_nodes", "Median round trip of 60 s in milliseconds.");
        foreach (MeshPeerSample peer in peers)
        {
            if (peer.Compat!.MedianMilliseconds is { } median) Sample(writer, median, ("from", node), ("to", peer.Name));
        }
    }

    private static void Sample(ExpositionWriter writer, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        writer.Begin(withNode: false);
        foreach ((string name, string text) in labels) writer.Label(name, text);
        writer.Value(value);
    }
}
