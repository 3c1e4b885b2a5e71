using Scout.Traffic;
using Scout.Traffic.Names;

namespace Scout.Server.Metrics.Traffic;

/// <summary>The series of traffic. A pure function of the snapshot.</summary>
internal static class TrafficFamilies
{
    private static readonly (string Way, TrafficDirection Direction)[] Ways = [("receive", TrafficDirection.Receive), ("transmit", TrafficDirection.Transmit)];
    private static readonly (string Unit, Func<Volume, ulong> Value)[] Units = [("bytes", static volume => volume.Bytes), ("packets", static volume => volume.Packets)];

    public static void Write(ExpositionWriter writer, TrafficSnapshot traffic)
    {
        foreach ((string way, TrafficDirection direction) in Ways)
        {
            foreach ((string unit, Func<Volume, ulong> value) in Units) Sums(writer, traffic, way, direction, unit, value);
        }

        foreach ((string unit, Func<Volume, ulong> value) in Units)
        {
            Both(writer, $"scout_traffic_overflow_{unit}_total", "Counted without a name, because the kernel's map was full.", traffic.Overflow, value);
            Both(writer, $"scout_traffic_unattributed_{unit}_total", "Of no known pod.", traffic.Unattributed, value);
            Both(writer, $"scout_traffic_loopback_{unit}_total", "Over loopback devices; in no pod's sum.", traffic.Loopback, value);
        }

        Itself(writer, traffic);
    }

    private static void Sums(ExpositionWriter writer, TrafficSnapshot traffic, string way, TrafficDirection direction, string unit, Func<Volume, ulong> value)
    {
        writer.Counter($"scout_pod_network_{way}_{unit}_total", $"What pods {way}, IP headers included, loopback left out.", always: true);
        foreach (PodTraffic pod in traffic.Pods)
        {
            writer.Begin();
            Pod(writer, pod.Pod);
            writer.Value(value(pod.Total[direction]));
        }

        writer.Counter($"scout_pod_service_{way}_{unit}_total", $"What pods {way} in talks with a service, as the pod sees it.", always: true);
        foreach (PairTraffic pair in traffic.Pairs)
        {
            writer.Begin();
            Pod(writer, pair.Pod);
            Service(writer, pair.Service);
            writer.Value(value(pair.Total[direction]));
        }

        writer.Counter($"scout_service_{way}_{unit}_total", $"What services {way} in talks with pods of this node, as the service sees it.", always: true);
        foreach (ServiceTraffic service in traffic.Services)
        {
            writer.Begin();
            Service(writer, service.Service);
            writer.Label("service_type", TrafficCompat.TypeWord(service.Type));
            writer.Value(value(service.Total[direction]));
        }
    }

    private static void Itself(ExpositionWriter writer, TrafficSnapshot traffic)
    {
        Gauge(writer, "scout_traffic_up", "1 while packets are counted.", traffic.IsUp ? 1 : 0);
        writer.Gauge("scout_traffic_info", "1; what is counted, and how.", always: true);
        writer.Begin();
        writer.Label("cgroup_root", traffic.Root);
        writer.Label("kernel", Environment.OSVersion.Version.ToString(3));
        writer.Label("attach", traffic.Attach);
        writer.Value(1);
        writer.Gauge("scout_traffic_map_entries", "Entries of the kernel's maps.", always: true);
        foreach (MapUse map in traffic.Maps) writer.Sample("map", map.Map, map.Entries);
        writer.Gauge("scout_traffic_map_capacity", "Most entries of the kernel's maps.", always: true);
        foreach (MapUse map in traffic.Maps) writer.Sample("map", map.Map, map.Capacity);
        Gauge(writer, "scout_traffic_pending_bytes", "Waiting for the name of their pod.", traffic.Pending.Both.Bytes);
        Gauge(writer, "scout_traffic_ambiguous_peers", "Addresses that several services claim with the same right.", traffic.AmbiguousPeers);
        Gauge(writer, "scout_traffic_peers_dropped", "Addresses of services without a place in the kernel's map.", traffic.PeersDropped);
        writer.Counter("scout_traffic_series_dropped_total", "Label sets beyond max_series.", always: true);
        writer.Sample(traffic.SeriesDropped);
        Gauge(writer, "scout_traffic_collect_duration_seconds", "Of the last collection.", traffic.Duration.TotalSeconds);
        Gauge(writer, "scout_traffic_last_collect_timestamp_seconds", "When the last collection was.", traffic.Number == 0 ? 0 : traffic.Taken.ToUnixTimeMilliseconds() / 1000.0);
        if (traffic.Programs.Count == 0) return;
        writer.Counter("scout_traffic_program_run_seconds_total", "Time in the kernel's programs.");
        foreach (ProgramUse program in traffic.Programs) writer.Sample("direction", Way(program.Direction), program.Seconds);
        writer.Counter("scout_traffic_program_runs_total", "Runs of the kernel's programs.");
        foreach (ProgramUse program in traffic.Programs) writer.Sample("direction", Way(program.Direction), program.Runs);
    }

    private static void Both(ExpositionWriter writer, string name, string help, TwoWay both, Func<Volume, ulong> value)
    {
        writer.Counter(name, help, always: true);
        foreach ((string way, TrafficDirection direction) in Ways) writer.Sample("direction", way, value(both[direction]));
    }

    private static void Gauge(ExpositionWriter writer, string name, string help, double value)
    {
        writer.Gauge(name, help, always: true);
        writer.Sample(value);
    }

    private static string Way(TrafficDirection direction) => direction == TrafficDirection.Receive ? "receive" : "transmit";

    /// <summary>Namespace and name; where no API names pods, the uid.</summary>
    private static void Pod(ExpositionWriter writer, PodLabel pod)
    {
        if (pod.IsNamed)
        {
            writer.Label("namespace", pod.Namespace);
            writer.Label("pod", pod.Name);
        }
        else
        {
            writer.Label("pod_uid", pod.Uid);
        }
    }

    private static void Service(ExpositionWriter writer, ServiceKey service)
    {
        writer.Label("service_namespace", service.Namespace);
        writer.Label("service", service.Name);
    }
}
