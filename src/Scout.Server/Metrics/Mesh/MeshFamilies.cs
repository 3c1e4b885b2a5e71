using System.Collections.Immutable;
using System.Globalization;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Metrics.Mesh;

/// <summary>The series <c>scout_mesh_</c> of mesh.md section 5. A pure function of the snapshot.</summary>
internal static class MeshFamilies
{
    /// <summary>Series of one peer, of one zone, and of one histogram.</summary>
    internal const int PeerSeries = 9, ZoneSeries = 6 + HistogramSeries, HistogramSeries = 17;

    private static readonly string[] Bounds = [.. MeshHistogram.Bounds.Select(bound => bound.ToString("R", CultureInfo.InvariantCulture))];

    /// <param name="writer">Where to.</param>
    /// <param name="mesh">The state.</param>
    /// <param name="options">Bound and hold.</param>
    /// <param name="droppedBefore">Series dropped by earlier renderings; what this one drops is added to the result.</param>
    /// <param name="version">Of the product.</param>
    /// <param name="textfile">True: only the families of the textfile.</param>
    /// <returns>Series that this rendering dropped.</returns>
    public static long Write(ExpositionWriter writer, MeshSnapshot mesh, MeshMetricsOptions options, long droppedBefore, string version, bool textfile)
    {
        var series = new MeshSeries(writer, mesh.Zone, mesh.Plane, options.MaxSeries);
        if (textfile)
        {
            Peers(writer, series, mesh, textfile);
            // What the page counts as dropped must not be counted twice by the file.
            Zones(writer, series, mesh, textfile);
            series.Counter("scout_mesh_stall_seconds_total", "Time in which this process did not run when it should have.", mesh.Stalled.TotalSeconds);
            return 0;
        }

        Fixed(writer, series, mesh, version);
        Peers(writer, series, mesh, textfile);
        Ports(writer, series, mesh);
        Zones(writer, series, mesh, textfile);
        Neighbours(writer, series, mesh, options.Hold);
        series.Counter("scout_mesh_series_dropped_total", "Series left out because there were more than max_series.", droppedBefore + series.Dropped);
        return series.Dropped;
    }

    private static void Fixed(ExpositionWriter writer, MeshSeries series, MeshSnapshot mesh, string version)
    {
        series.Take(1);
        writer.Gauge("scout_mesh_info", "Version, topology and number of neighbours.", always: true);
        series.Add(1, ("version", version), ("topology", mesh.Topology), ("k", mesh.Neighbours.ToString(CultureInfo.InvariantCulture)));
        series.Take(15);
        writer.Counter("scout_mesh_outcomes_total", "Probes by outcome, without reactive ones.", always: true);
        for (int i = 0; i < MeshOutcomeNames.Udp.Length; i++) series.Add(mesh.UdpOutcomes[i], ("proto", "udp"), ("result", MeshOutcomeNames.Udp[i]));
        for (int i = 0; i < MeshOutcomeNames.Tcp.Length; i++) series.Add(mesh.TcpOutcomes[i], ("proto", "tcp"), ("result", MeshOutcomeNames.Tcp[i]));
        series.Take(2 * HistogramSeries);
        writer.HistogramFamily("scout_mesh_tcp_phase_seconds", "Good TCP probes: time to connect, and in all.");
        Histogram(writer, series, mesh.TcpConnect, "phase", "connect");
        Histogram(writer, series, mesh.TcpTotal, "phase", "total");
        series.Counter("scout_mesh_late_total", "Replies to probes already counted lost.", mesh.Late);
        series.Counter("scout_mesh_duplicate_total", "Replies that came twice.", mesh.Duplicate);
        series.Counter("scout_mesh_reordered_total", "Replies overtaken by a later one.", mesh.Reordered);
        series.Counter("scout_mesh_stall_seconds_total", "Time in which this process did not run when it should have.", mesh.Stalled.TotalSeconds);
        series.Take(4);
        writer.Counter("scout_mesh_responder_packets_total", "Packets to the responder.", always: true);
        series.Add(mesh.ResponderAnswered, ("result", "answered"));
        series.Add(mesh.ResponderStateless, ("result", "stateless"));
        series.Add(mesh.ResponderRefused, ("result", "refused"));
        series.Add(mesh.ResponderLimited, ("result", "limited"));
        Spending(writer, series, "scout_mesh_reactive_probes_total", "Probes after a loss.", mesh.Reactive);
        Spending(writer, series, "scout_mesh_traces_total", "Traces after a loss.", mesh.Traces);
        Spending(writer, series, "scout_mesh_mtu_probes_total", "Full-size packets that must not be fragmented.", mesh.Mtu);
        if (mesh.RosterAge is { } age) series.Gauge("scout_mesh_roster_age_seconds", "Since a source last confirmed the list of peers.", age.TotalSeconds);
    }

    private static void Peers(ExpositionWriter writer, MeshSeries series, MeshSnapshot mesh, bool textfile)
    {
        series.Take(5);
        writer.Gauge("scout_mesh_peers", "Known peers by state.", always: true);
        for (int i = 0; i < MeshOutcomeNames.PeerStates.Length; i++) series.Add(mesh.PeerStates[i], ("state", MeshOutcomeNames.PeerStates[i]));
        series.Gauge("scout_mesh_in_probers", "Distinct nodes whose probes arrived within 60 s.", mesh.InProbers);
        series.Gauge("scout_mesh_in_probers_expected", "How many the topology says.", mesh.InProbersExpected);
        _ = textfile;
    }

    private static void Ports(ExpositionWriter writer, MeshSeries series, MeshSnapshot mesh)
    {
        writer.Counter("scout_mesh_port_lost_total", "Losses by source port; a series begins with the first loss.");
        for (int i = 0; i < mesh.PortLost.Length; i++)
        {
            if (mesh.PortLost[i] > 0 && series.Take(1)) series.Add(mesh.PortLost[i], ("port", i.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static void Zones(ExpositionWriter writer, MeshSeries series, MeshSnapshot mesh, bool textfile)
    {
        int each = textfile ? 6 : ZoneSeries;
        MeshZoneSample[] zones = [.. mesh.Zones.Where(_ => series.Take(each))];
        writer.Counter("scout_mesh_probes_total", "Probes by zone of the target, without reactive ones; excluded: stalled or skipped.", always: true);
        foreach (MeshZoneSample zone in zones)
        {
            Results(series, zone.Zone, "udp", zone.Udp);
            Results(series, zone.Zone, "tcp", zone.Tcp);
        }

        if (textfile) return;
        writer.HistogramFamily("scout_mesh_rtt_seconds", "Round trips of good UDP probes by zone of the target.");
        foreach (MeshZoneSample zone in zones) Histogram(writer, series, zone.Rtt, "peer_zone", zone.Zone);
    }

    private static void Neighbours(ExpositionWriter writer, MeshSeries series, MeshSnapshot mesh, TimeSpan hold)
    {
        // Present neighbours first: a flood of joins and leaves must not hide them behind those that left.
        IEnumerable<MeshPeerSample> present = mesh.Peers.Where(peer => peer.LeftFor is null);
        IEnumerable<MeshPeerSample> leaving = mesh.Peers.Where(peer => peer.LeftFor is { } ago && ago <= hold);
        MeshPeerSample[] peers = [.. present.Concat(leaving).Where(_ => series.Take(PeerSeries)).OrderBy(peer => peer.Name, StringComparer.Ordinal).ThenBy(peer => peer.IsHostPlane)];
        void OfPlane(MeshPeerSample peer) => series.Plane = peer.IsHostPlane ? "host" : mesh.Plane;
        writer.Counter("scout_mesh_peer_probes_total", "Probes to a neighbour, without stalled, skipped and reactive ones.", always: true);
        foreach (MeshPeerSample peer in peers)
        {
            OfPlane(peer);
            series.Add(peer.UdpOk, ("peer", peer.Name), ("peer_zone", peer.Zone), ("proto", "udp"), ("result", "ok"));
            series.Add(peer.UdpFailed, ("peer", peer.Name), ("peer_zone", peer.Zone), ("proto", "udp"), ("result", "fail"));
            series.Add(peer.TcpOk, ("peer", peer.Name), ("peer_zone", peer.Zone), ("proto", "tcp"), ("result", "ok"));
            series.Add(peer.TcpFailed, ("peer", peer.Name), ("peer_zone", peer.Zone), ("proto", "tcp"), ("result", "fail"));
        }

        // A gauge of somebody who is gone would stand still for ever; only his counters are held.
        MeshPeerSample[] here = [.. peers.Where(peer => peer.LeftFor is null)];
        writer.Gauge("scout_mesh_peer_rtt_seconds", "Median round trip of 30 s.", always: true);
        foreach (MeshPeerSample peer in here)
        {
            OfPlane(peer);
            if (peer.UdpRtt is { } udp) series.Add(udp, ("peer", peer.Name), ("peer_zone", peer.Zone), ("proto", "udp"));
            if (peer.TcpRtt is { } tcp) series.Add(tcp, ("peer", peer.Name), ("peer_zone", peer.Zone), ("proto", "tcp"));
        }

        writer.Gauge("scout_mesh_peer_loss_ratio", "UDP loss of 60 s, by direction where it is known.", always: true);
        foreach (MeshPeerSample peer in here)
        {
            OfPlane(peer);
            if (peer.Loss is { } round) series.Add(round, ("peer", peer.Name), ("peer_zone", peer.Zone), ("direction", "round"));
            if (peer.LossForward is { } forward) series.Add(forward, ("peer", peer.Name), ("peer_zone", peer.Zone), ("direction", "forward"));
            if (peer.LossReverse is { } reverse) series.Add(reverse, ("peer", peer.Name), ("peer_zone", peer.Zone), ("direction", "reverse"));
        }

        series.Plane = mesh.Plane;
    }

    private static void Results(MeshSeries series, string zone, string protocol, MeshResultCounts counts)
    {
        series.Add(counts.Ok, ("peer_zone", zone), ("proto", protocol), ("result", "ok"));
        series.Add(counts.Fail, ("peer_zone", zone), ("proto", protocol), ("result", "fail"));
        series.Add(counts.Excluded, ("peer_zone", zone), ("proto", protocol), ("result", "excluded"));
    }

    private static void Spending(ExpositionWriter writer, MeshSeries series, string name, string help, MeshSpending spent)
    {
        series.Take(3);
        writer.Counter(name, help, always: true);
        series.Add(spent.Ok, ("result", "ok"));
        series.Add(spent.Fail, ("result", "fail"));
        series.Add(spent.Budget, ("result", "budget"));
    }

    private static void Histogram(ExpositionWriter writer, MeshSeries series, MeshHistogramSample data, string label, string text)
    {
        ImmutableArray<long> counts = data.Cumulative;
        for (int i = 0; i < counts.Length; i++)
        {
            series.Begin("_bucket");
            writer.Label(label, text);
            writer.Label("le", i < Bounds.Length ? Bounds[i] : "+Inf");
            writer.Value(counts[i]);
        }

        series.Begin("_sum");
        writer.Label(label, text);
        writer.Value(data.Sum);
        series.Begin("_count");
        writer.Label(label, text);
        writer.Value(counts[^1]);
    }
}
