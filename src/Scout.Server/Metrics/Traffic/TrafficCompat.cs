using Scout.Traffic;
using Scout.Traffic.Names;

namespace Scout.Server.Metrics.Traffic;

/// <summary>
/// The twelve series of <c>statsagent</c>, with its names, labels and type gauge, and without the label <c>node</c>. Deliberately different: pod_to_svc is from the pod to the
/// service (the original swaps them). A pure function of the snapshot.
/// </summary>
internal static class TrafficCompat
{
    private static readonly (string Unit, Func<Volume, ulong> Value)[] Units = [("bytes", static volume => volume.Bytes), ("packets", static volume => volume.Packets)];

    /// <summary>As <c>svc_scope</c> and <c>service_type</c> have it.</summary>
    public static string TypeWord(TrafficServiceType type) => type switch
    {
        TrafficServiceType.NodePort => "nodePort",
        TrafficServiceType.LoadBalancer => "loadBalancer",
        TrafficServiceType.ExternalName => "externalName",
        _ => "clusterIp",
    };

    public static void Write(ExpositionWriter writer, TrafficSnapshot traffic)
    {
        Dictionary<ServiceKey, TrafficServiceType> types = traffic.Services.ToDictionary(service => service.Service, service => service.Type);
        foreach ((string unit, Func<Volume, ulong> value) in Units)
        {
            Pairs(writer, $"statsagent_pod_svc_stats_pod_to_svc_{unit}", traffic, types, total => value(total.Transmit));
            Pairs(writer, $"statsagent_pod_svc_stats_svc_to_pod_{unit}", traffic, types, total => value(total.Receive));
            Pods(writer, $"statsagent_pod_stats_pod_tx_{unit}", traffic, total => value(total.Transmit));
            Pods(writer, $"statsagent_pod_stats_pod_rx_{unit}", traffic, total => value(total.Receive));
            Services(writer, $"statsagent_svc_stats_svc_tx_{unit}", traffic, total => value(total.Transmit));
            Services(writer, $"statsagent_svc_stats_svc_rx_{unit}", traffic, total => value(total.Receive));
        }
    }

    private static void Pairs(
        ExpositionWriter writer, string name, TrafficSnapshot traffic, Dictionary<ServiceKey, TrafficServiceType> types, Func<TwoWay, ulong> value)
    {
        writer.Gauge(name, "Between a pod and a service.", always: true);
        foreach (PairTraffic pair in traffic.Pairs)
        {
            writer.Begin(withNode: false);
            Pod(writer, pair.Pod);
            Service(writer, pair.Service, types.GetValueOrDefault(pair.Service));
            writer.Value(value(pair.Total));
        }
    }

    private static void Pods(ExpositionWriter writer, string name, TrafficSnapshot traffic, Func<TwoWay, ulong> value)
    {
        writer.Gauge(name, "Of a pod.", always: true);
        foreach (PodTraffic pod in traffic.Pods)
        {
            writer.Begin(withNode: false);
            Pod(writer, pod.Pod);
            writer.Value(value(pod.Total));
        }
    }

    private static void Services(ExpositionWriter writer, string name, TrafficSnapshot traffic, Func<TwoWay, ulong> value)
    {
        writer.Gauge(name, "Of a service, as it sees it.", always: true);
        foreach (ServiceTraffic service in traffic.Services)
        {
            writer.Begin(withNode: false);
            Service(writer, service.Service, service.Type);
            writer.Value(value(service.Total));
        }
    }

    /// <summary>The original has no word for a pod without a name; the uid stands in its place.</summary>
    private static void Pod(ExpositionWriter writer, PodLabel pod)
    {
        writer.Label("pod_namespace", pod.Namespace);
        writer.Label("pod_name", pod.IsNamed ? pod.Name : pod.Uid);
    }

    private static void Service(ExpositionWriter writer, ServiceKey service, TrafficServiceType type)
    {
        writer.Label("svc_namespace", service.Namespace);
        writer.Label("svc_name", service.Name);
        writer.Label("svc_scope", TypeWord(type));
    }
}
