using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>A port of a service or of endpoints.</summary>
/// <param name="Name">May be empty.</param>
/// <param name="Protocol"><c>TCP</c>, <c>UDP</c> or <c>SCTP</c>.</param>
/// <param name="Number">0 when it is not given.</param>
public readonly record struct ServicePort(string Name, string Protocol, int Number);

/// <summary>What Scout wants to know of a service.</summary>
public sealed record ServiceObject(ObjectKey Key, string Uid, string ResourceVersion, bool Deleting) : KubernetesObject(Key, Uid, ResourceVersion, Deleting)
{
    /// <summary>As <c>ClusterIP</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>Empty for headless services.</summary>
    public ImmutableArray<string> ClusterIPs { get; init; } = [];

    public ImmutableArray<string> ExternalIPs { get; init; } = [];

    public ImmutableArray<string> LoadBalancerIPs { get; init; } = [];

    public ImmutableArray<ServicePort> Ports { get; init; } = [];

    internal static ServiceObject Read(ref Utf8JsonReader json, Wanted wanted)
    {
        var metadata = new ObjectMetadata(wanted);
        var made = new ServiceObject(default, "", "", false);
        ImmutableArray<string> balancers = [];
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("metadata"u8)) metadata.Read(ref json);
            else if (json.ValueTextEquals("spec"u8)) made = ReadSpec(ref json, wanted.Pool);
            else if (json.ValueTextEquals("status"u8)) balancers = ReadStatus(ref json);
            else json.Skip();
        }

        return made with { Key = metadata.Key, Uid = metadata.Uid, ResourceVersion = metadata.ResourceVersion, Deleting = metadata.Deleting, LoadBalancerIPs = balancers };
    }

    private static ServiceObject ReadSpec(ref Utf8JsonReader json, StringPool pool)
    {
        string type = "";
        string first = "";
        ImmutableArray<string> cluster = [];
        ImmutableArray<string> external = [];
        ImmutableArray<ServicePort> ports = [];
        if (JsonWalk.Enter(ref json))
        {
            while (JsonWalk.Next(ref json))
            {
                if (json.ValueTextEquals("type"u8)) type = JsonWalk.Text(ref json, pool);
                else if (json.ValueTextEquals("clusterIP"u8)) first = JsonWalk.Text(ref json);
                else if (json.ValueTextEquals("clusterIPs"u8)) cluster = JsonWalk.Texts(ref json);
                else if (json.ValueTextEquals("externalIPs"u8)) external = JsonWalk.Texts(ref json);
                else if (json.ValueTextEquals("ports"u8)) ports = ReadPorts(ref json, pool);
                else json.Skip();
            }
        }

        if (cluster.Length == 0 && first.Length > 0) cluster = [first];
        return new ServiceObject(default, "", "", false) { Type = type, ClusterIPs = cluster.Remove("None"), ExternalIPs = external, Ports = ports };
    }

    internal static ImmutableArray<ServicePort> ReadPorts(ref Utf8JsonReader json, StringPool pool)
    {
        if (!JsonWalk.EnterArray(ref json)) return [];
        ImmutableArray<ServicePort> ports = [];
        while (JsonWalk.NextObject(ref json))
        {
            string name = "";
            string protocol = "TCP";
            int number = 0;
            while (JsonWalk.Next(ref json))
            {
                if (json.ValueTextEquals("name"u8)) name = JsonWalk.Text(ref json, pool);
                else if (json.ValueTextEquals("protocol"u8)) protocol = JsonWalk.Text(ref json, pool);
                else if (json.ValueTextEquals("port"u8)) number = (int)JsonWalk.Number(ref json);
                else json.Skip();
            }

            ports = ports.Add(new ServicePort(name, protocol, number));
        }

        return ports;
    }

    private static ImmutableArray<string> ReadStatus(ref Utf8JsonReader json)
    {
        ImmutableArray<string> found = [];
        if (!JsonWalk.Enter(ref json)) return found;
        while (JsonWalk.Next(ref json))
        {
            if (!json.ValueTextEquals("loadBalancer"u8))
            {
                json.Skip();
            }
            else if (JsonWalk.Enter(ref json))
            {
                while (JsonWalk.Next(ref json))
                {
                    if (json.ValueTextEquals("ingress"u8)) found = JsonWalk.TextsOf(ref json, "ip"u8);
                    else json.Skip();
                }
            }
        }

        return found;
    }
}
