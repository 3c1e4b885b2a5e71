using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Scout.Kubernetes;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Logging;
using Scout.Traffic.Names;

namespace Scout.Server.Traffic;

/// <summary>
/// Names of this machine's pods and of the cluster's services, from mirrors that are followed from the first packet that is counted. What is not needed is dropped while it is
/// read: of endpoints only addresses and ports stay.
/// </summary>
internal sealed class ClusterNames(TrafficSettings settings, NodeCluster cluster, ILogger log) : ITrafficNames
{
    private readonly Lock gate = new();
    private Mirror<PodObject>? pods;
    private Mirror<ServiceObject>? services;
    private Mirror<EndpointSliceObject>? slices;
    private volatile bool synced;
    private int changed;
    private TrafficNames names = TrafficNames.Empty;

    /// <summary>
    /// Null where there is no API, or where it will not say: then series carry the uid. Before the first list there are no names, and bytes wait for theirs.
    /// </summary>
    public TrafficNames? Current
    {
        get
        {
            if (pods is not { } mirror) return null;
            if (!synced) return mirror.Status.Failure is ApiFailure.Forbidden or ApiFailure.Unauthorized or ApiFailure.NotServed or ApiFailure.NotConfigured ? null : TrafficNames.Empty;
            lock (gate)
            {
                if (Interlocked.Exchange(ref changed, 0) == 1) names = Build(mirror.Objects.Values, services?.Objects.Values, slices?.Objects.Values);
                return names;
            }
        }
    }

    /// <summary>Begins to follow; once. Without an API nothing happens, but that it is said when somebody asked for names.</summary>
    public void Start()
    {
        if (settings.Kubernetes == TrafficNaming.Off) return;
        if (cluster.Mirrors is not { } group || cluster.NodeName.Length == 0)
        {
            string why = cluster.Mirrors is null ? cluster.WhyNot : NodeCluster.NameMissing;
            if (settings.Kubernetes == TrafficNaming.On || cluster.Mirrors is not null) LogMessages.TrafficUnnamed(log, why);
            return;
        }

        ServiceScope scope = settings.Options.Services;
        // The names of pods are awaited: services are listed first, so that the first snapshot with names has them all.
        if (scope != ServiceScope.None) services = group.Follow(ResourceKinds.Services(), new Scope(), Changed);
        if (scope == ServiceScope.All) slices = group.Follow(Slim(ResourceKinds.EndpointSlices()), new Scope(), Changed);
        pods = group.Follow(ResourceKinds.Pods(), new Scope(FieldSelector: "spec.nodeName=" + cluster.NodeName), PodChanged);
        LogMessages.TrafficNamed(log, cluster.NodeName);
    }

    /// <summary>What the API's objects are to traffic: a pure function.</summary>
    internal static TrafficNames Build(IEnumerable<PodObject> pods, IEnumerable<ServiceObject>? services, IEnumerable<EndpointSliceObject>? slices) => new(
        [.. pods.Select(static pod => new TrafficPod(pod.Uid, pod.Key.Namespace, pod.Key.Name, pod.ConfigHash.Length > 0 ? pod.ConfigHash : null))],
        [.. (services ?? []).Select(static one => new TrafficService(one.Key.Namespace, one.Key.Name, TypeOf(one.Type), one.ClusterIPs, [.. one.ExternalIPs, .. one.LoadBalancerIPs], Ports(one.Ports)))],
        [
            .. (slices ?? []).Where(static one => one.ServiceName.Length > 0 && one.AddressType != "FQDN")
                .Select(static one => new TrafficEndpoints(one.Key.Namespace, one.ServiceName, [.. one.Endpoints.SelectMany(static endpoint => endpoint.Addresses)], Ports(one.Ports))),
        ]);

    private void Changed<T>(MirrorChange<T> change) where T : KubernetesObject => Volatile.Write(ref changed, 1);

    private void PodChanged(MirrorChange<PodObject> change)
    {
        if (change is { Type: MirrorChangeType.Modified, Old: { } old, New: { } now } && old.Uid == now.Uid && old.ConfigHash == now.ConfigHash) return;
        Volatile.Write(ref changed, 1);
        if (change.Type == MirrorChangeType.Synced) synced = true;
    }

    /// <summary>Half of an endpoint is the uid of its pod, its node and its zone, and a cluster has many.</summary>
    private static ResourceKind<EndpointSliceObject> Slim(ResourceKind<EndpointSliceObject> kind) => kind with
    {
        Read = (ref System.Text.Json.Utf8JsonReader json) =>
        {
            EndpointSliceObject slice = kind.Read(ref json);
            ImmutableArray<string> addresses = [.. slice.Endpoints.SelectMany(static endpoint => endpoint.Addresses)];
            return slice with { Endpoints = addresses.IsEmpty ? [] : [new Endpoint(addresses, Ready: true, "", "", "")] };
        },
    };

    private static TrafficServiceType TypeOf(string type) => type switch
    {
        "NodePort" => TrafficServiceType.NodePort,
        "LoadBalancer" => TrafficServiceType.LoadBalancer,
        "ExternalName" => TrafficServiceType.ExternalName,
        _ => TrafficServiceType.ClusterIp,
    };

    private static ImmutableArray<TrafficPort> Ports(ImmutableArray<ServicePort> ports) =>
        [.. ports.Select(static port => new TrafficPort(port.Number, port.Protocol switch { "TCP" => 6, "UDP" => 17, "SCTP" => 132, _ => 0 })).Where(static port => port is { Port: > 0, Protocol: > 0 })];
}
