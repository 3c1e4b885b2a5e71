namespace Scout.Traffic.Names;

/// <summary>A pod of this node.</summary>
/// <param name="Uid">As the API has it.</param>
/// <param name="ConfigHash">Annotation <c>kubernetes.io/config.hash</c> of a mirror pod: what a static pod's cgroup is called by.</param>
public sealed record TrafficPod(string Uid, string Namespace, string Name, string? ConfigHash = null);

/// <summary>A port of a service or of its endpoints.</summary>
/// <param name="Port">1 to 65535.</param>
/// <param name="Protocol">IP protocol number: 6 TCP, 17 UDP, 132 SCTP.</param>
public readonly record struct TrafficPort(int Port, int Protocol);

/// <summary>The <c>type</c> of a service.</summary>
public enum TrafficServiceType
{
    ClusterIp,
    NodePort,
    LoadBalancer,
    ExternalName,
}

/// <summary>A service.</summary>
/// <param name="ClusterIps"><c>spec.clusterIPs</c>; <c>None</c> and empty ones are skipped.</param>
/// <param name="ExternalAddresses"><c>spec.externalIPs</c> and the addresses of <c>status.loadBalancer.ingress</c>.</param>
/// <param name="Ports"><c>spec.ports</c>.</param>
public sealed record TrafficService(
    string Namespace,
    string Name,
    TrafficServiceType Type,
    IReadOnlyList<string> ClusterIps,
    IReadOnlyList<string> ExternalAddresses,
    IReadOnlyList<TrafficPort> Ports);

/// <summary>One EndpointSlice: addresses, ready or not, times ports. Those of a service without a known <see cref="TrafficService"/> wait for it.</summary>
public sealed record TrafficEndpoints(string Namespace, string Service, IReadOnlyList<string> Addresses, IReadOnlyList<TrafficPort> Ports);

/// <summary>What the cluster calls things. Immutable: a change is another instance.</summary>
public sealed record TrafficNames(IReadOnlyList<TrafficPod> Pods, IReadOnlyList<TrafficService> Services, IReadOnlyList<TrafficEndpoints> Endpoints)
{
    public static TrafficNames Empty { get; } = new([], [], []);
}

/// <summary>Where names come from. What the API's watch fills; without one, series carry the pod's uid alone.</summary>
public interface ITrafficNames
{
    /// <summary>The newest; null where there is no API to ask. A source that has lost its watch keeps the last.</summary>
    TrafficNames? Current { get; }
}

/// <summary>No API.</summary>
public sealed class NoTrafficNames : ITrafficNames
{
    public static NoTrafficNames Instance { get; } = new();

    public TrafficNames? Current => null;
}
