using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>What Scout wants to know of a node.</summary>
public sealed record NodeObject(ObjectKey Key, string Uid, string ResourceVersion, bool Deleting) : KubernetesObject(Key, Uid, ResourceVersion, Deleting)
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private const string RegionLabel = "topology.kubernetes.io/region";
    private const string OldZoneLabel = "failure-domain.beta.kubernetes.io/zone";
    private const string OldRegionLabel = "failure-domain.beta.kubernetes.io/region";

    internal static readonly string[] PlaceLabels = [ZoneLabel, RegionLabel, OldZoneLabel, OldRegionLabel];

    /// <summary>Empty when the node has no such label.</summary>
    public string Zone { get; init; } = "";

    public string Region { get; init; } = "";

    /// <summary>Cordoned.</summary>
    public bool Unschedulable { get; init; }

    public bool Ready { get; init; }

    /// <summary>Addresses of type <c>InternalIP</c>.</summary>
    public ImmutableArray<string> InternalIPs { get; init; } = [];

    /// <summary>The wanted labels that it has, and those of zone and region.</summary>
    public LabelSet Labels { get; init; } = LabelSet.None;

    internal static NodeObject Read(ref Utf8JsonReader json, Wanted wanted)
    {
        var metadata = new ObjectMetadata(wanted);
        bool cordoned = false;
        bool ready = false;
        ImmutableArray<string> addresses = [];
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("metadata"u8)) metadata.Read(ref json);
            else if (json.ValueTextEquals("spec"u8)) cordoned = ReadSpec(ref json);
            else if (json.ValueTextEquals("status"u8)) ReadStatus(ref json, ref ready, ref addresses);
            else json.Skip();
        }

        return new NodeObject(metadata.Key, metadata.Uid, metadata.ResourceVersion, metadata.Deleting)
        {
            Zone = First(metadata.Labels[ZoneLabel], metadata.Labels[OldZoneLabel]),
            Region = First(metadata.Labels[RegionLabel], metadata.Labels[OldRegionLabel]),
            Unschedulable = cordoned,
            Ready = ready,
            InternalIPs = addresses,
            Labels = metadata.Labels,
        };
    }

    private static string First(string? one, string? other) => one is { Length: > 0 } ? one : other ?? "";

    private static bool ReadSpec(ref Utf8JsonReader json)
    {
        bool cordoned = false;
        if (!JsonWalk.Enter(ref json)) return false;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("unschedulable"u8)) cordoned = JsonWalk.Flag(ref json);
            else json.Skip();
        }

        return cordoned;
    }

    private static void ReadStatus(ref Utf8JsonReader json, ref bool ready, ref ImmutableArray<string> addresses)
    {
        if (!JsonWalk.Enter(ref json)) return;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("conditions"u8)) ready = Conditions.IsReady(ref json);
            else if (json.ValueTextEquals("addresses"u8)) addresses = ReadAddresses(ref json);
            else json.Skip();
        }
    }

    private static ImmutableArray<string> ReadAddresses(ref Utf8JsonReader json)
    {
        if (!JsonWalk.EnterArray(ref json)) return [];
        ImmutableArray<string> found = [];
        while (JsonWalk.NextObject(ref json))
        {
            string type = "";
            string address = "";
            while (JsonWalk.Next(ref json))
            {
                if (json.ValueTextEquals("type"u8)) type = JsonWalk.Text(ref json);
                else if (json.ValueTextEquals("address"u8)) address = JsonWalk.Text(ref json);
                else json.Skip();
            }

            if (type == "InternalIP" && address.Length > 0) found = found.Add(address);
        }

        return found;
    }
}
