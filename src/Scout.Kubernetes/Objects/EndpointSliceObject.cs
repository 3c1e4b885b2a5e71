using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>One endpoint of a slice.</summary>
/// <param name="Addresses">Its addresses; all mean the same endpoint.</param>
/// <param name="Ready">True too when the server does not say (EndpointConditions: unknown counts as ready).</param>
/// <param name="NodeName">May be empty.</param>
/// <param name="Zone">May be empty.</param>
/// <param name="TargetUid">Uid of the pod behind it; empty when there is none.</param>
public sealed record Endpoint(ImmutableArray<string> Addresses, bool Ready, string NodeName, string Zone, string TargetUid);

/// <summary>What Scout wants to know of an EndpointSlice.</summary>
public sealed record EndpointSliceObject(ObjectKey Key, string Uid, string ResourceVersion, bool Deleting) : KubernetesObject(Key, Uid, ResourceVersion, Deleting)
{
    internal const string ServiceLabel = "kubernetes.io/service-name";

    /// <summary>Name of the service in the slice's namespace; empty when it belongs to none.</summary>
    public string ServiceName { get; init; } = "";

    /// <summary><c>IPv4</c>, <c>IPv6</c> or <c>FQDN</c>.</summary>
    public string AddressType { get; init; } = "";

    public ImmutableArray<ServicePort> Ports { get; init; } = [];

    public ImmutableArray<Endpoint> Endpoints { get; init; } = [];

    internal static EndpointSliceObject Read(ref Utf8JsonReader json, Wanted wanted)
    {
        var metadata = new ObjectMetadata(wanted);
        string type = "";
        ImmutableArray<ServicePort> ports = [];
        ImmutableArray<Endpoint> endpoints = [];
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("metadata"u8)) metadata.Read(ref json);
            else if (json.ValueTextEquals("addressType"u8)) type = JsonWalk.Text(ref json, wanted.Pool);
            else if (json.ValueTextEquals("ports"u8)) ports = ServiceObject.ReadPorts(ref json, wanted.Pool);
            else if (json.ValueTextEquals("endpoints"u8)) endpoints = ReadEndpoints(ref json, wanted.Pool);
            else json.Skip();
        }

        return new EndpointSliceObject(metadata.Key, metadata.Uid, metadata.ResourceVersion, metadata.Deleting)
        {
            ServiceName = metadata.Labels[ServiceLabel] ?? "",
            AddressType = type,
            Ports = ports,
            Endpoints = endpoints,
        };
    }

    private static ImmutableArray<Endpoint> ReadEndpoints(ref Utf8JsonReader json, StringPool pool)
    {
        if (!JsonWalk.EnterArray(ref json)) return [];
        ImmutableArray<Endpoint>.Builder found = ImmutableArray.CreateBuilder<Endpoint>();
        while (JsonWalk.NextObject(ref json)) found.Add(ReadEndpoint(ref json, pool));
        return found.ToImmutable();
    }

    private static Endpoint ReadEndpoint(ref Utf8JsonReader json, StringPool pool)
    {
        ImmutableArray<string> addresses = [];
        bool ready = true;
        string node = "";
        string zone = "";
        string target = "";
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("addresses"u8)) addresses = JsonWalk.Texts(ref json);
            else if (json.ValueTextEquals("conditions"u8)) ready = ReadReady(ref json);
            else if (json.ValueTextEquals("nodeName"u8)) node = JsonWalk.Text(ref json, pool);
            else if (json.ValueTextEquals("zone"u8)) zone = JsonWalk.Text(ref json, pool);
            else if (json.ValueTextEquals("targetRef"u8)) target = ReadTarget(ref json);
            else json.Skip();
        }

        return new Endpoint(addresses, ready, node, zone, target);
    }

    private static bool ReadReady(ref Utf8JsonReader json)
    {
        bool ready = true;
        if (!JsonWalk.Enter(ref json)) return ready;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("ready"u8))
            {
                json.Read();
                ready = json.TokenType != JsonTokenType.False;
            }

            json.Skip();
        }

        return ready;
    }

    private static string ReadTarget(ref Utf8JsonReader json)
    {
        string uid = "";
        if (!JsonWalk.Enter(ref json)) return uid;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("uid"u8)) uid = JsonWalk.Text(ref json);
            else json.Skip();
        }

        return uid;
    }
}
