using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>Reads an object: at its StartObject on entry, at its EndObject on return. The object is whole in the buffer.</summary>
public delegate T ReadObject<T>(ref Utf8JsonReader json);

/// <summary>A kind of objects that can be listed and watched.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Version">As <c>v1</c>.</param>
/// <param name="Plural">As <c>pods</c>; also its name in counters.</param>
/// <param name="Read">Reader of one object.</param>
/// <param name="MetadataOnly">Ask for the metadata alone (PartialObjectMetadata).</param>
public sealed record ResourceKind<T>(string Group, string Version, string Plural, ReadObject<T> Read, bool MetadataOnly = false) where T : KubernetesObject
{
    /// <summary>Path of the collection, without a leading slash.</summary>
    internal string PathOf(Scope scope)
    {
        string root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        return scope.Namespace is { Length: > 0 } space ? $"{root}/namespaces/{Uri.EscapeDataString(space)}/{Plural}" : $"{root}/{Plural}";
    }
}

/// <summary>Which objects of a kind.</summary>
/// <param name="Namespace">Null: all namespaces, or a kind of the whole cluster.</param>
/// <param name="LabelSelector">As <c>app=scout,tier!=test</c>.</param>
/// <param name="FieldSelector">As <c>spec.nodeName=worker-1</c>.</param>
public sealed record Scope(string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null)
{
    internal string Query()
    {
        string query = "";
        if (LabelSelector is { Length: > 0 } labels) query += "&labelSelector=" + Uri.EscapeDataString(labels);
        if (FieldSelector is { Length: > 0 } fields) query += "&fieldSelector=" + Uri.EscapeDataString(fields);
        return query;
    }
}

/// <summary>The kinds that Scout reads. Each call makes a reader of its own, which shares repeated strings.</summary>
public static class ResourceKinds
{
    /// <param name="labels">Labels that are kept.</param>
    public static ResourceKind<PodObject> Pods(params IEnumerable<string> labels)
    {
        var wanted = new Wanted(labels, [PodObject.ConfigHashAnnotation]);
        return new("", "v1", "pods", (ref Utf8JsonReader json) => PodObject.Read(ref json, wanted));
    }

    /// <param name="labels">Labels that are kept beside those of zone and region.</param>
    public static ResourceKind<NodeObject> Nodes(params IEnumerable<string> labels)
    {
        var wanted = new Wanted([.. NodeObject.PlaceLabels, .. labels], []);
        return new("", "v1", "nodes", (ref Utf8JsonReader json) => NodeObject.Read(ref json, wanted));
    }

    public static ResourceKind<ServiceObject> Services()
    {
        var wanted = new Wanted([], []);
        return new("", "v1", "services", (ref Utf8JsonReader json) => ServiceObject.Read(ref json, wanted));
    }

    public static ResourceKind<EndpointSliceObject> EndpointSlices()
    {
        var wanted = new Wanted([EndpointSliceObject.ServiceLabel], []);
        return new("discovery.k8s.io", "v1", "endpointslices", (ref Utf8JsonReader json) => EndpointSliceObject.Read(ref json, wanted));
    }

    /// <summary>Metadata of any kind.</summary>
    public static ResourceKind<MetadataObject> Metadata(string group, string version, string plural, params IEnumerable<string> labels)
    {
        var wanted = new Wanted(labels, []);
        return new(group, version, plural, (ref Utf8JsonReader json) => ReadMetadata(ref json, wanted), MetadataOnly: true);
    }

    private static MetadataObject ReadMetadata(ref Utf8JsonReader json, Wanted wanted)
    {
        var metadata = new ObjectMetadata(wanted);
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("metadata"u8)) metadata.Read(ref json);
            else json.Skip();
        }

        return new MetadataObject(metadata.Key, metadata.Uid, metadata.ResourceVersion, metadata.Deleting) { Labels = metadata.Labels };
    }
}
