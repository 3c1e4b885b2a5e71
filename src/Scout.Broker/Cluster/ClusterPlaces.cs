using Scout.Kubernetes;
using Scout.Protocol;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Cluster;

/// <summary>From pods and nodes of a cluster to places of our nodes: a pure function.</summary>
internal static class ClusterPlaces
{
    /// <param name="pods">The servers'; null: they are not read, and every node of the cluster has a place.</param>
    /// <param name="nodes">By name; null: they are not read.</param>
    public static SortedDictionary<string, NodePlace> Of(IEnumerable<PodObject>? pods, IReadOnlyDictionary<ObjectKey, NodeObject>? nodes)
    {
        var places = new SortedDictionary<string, NodePlace>(StringComparer.Ordinal);
        if (pods is null)
        {
            foreach (NodeObject node in nodes?.Values ?? []) Add(places, node.Key.Name, Of(null, node));
            return places;
        }

        foreach ((string name, PodObject pod) in PodObject.OfNodes(pods.Where(static one => one.Phase is not ("Succeeded" or "Failed")))) Add(places, name, Of(pod, nodes?.GetValueOrDefault(new ObjectKey("", name))));
        return places;
    }

    /// <summary>Whether a change of a pod means nothing to places.</summary>
    public static bool Same(PodObject old, PodObject now) => old.Uid == now.Uid && old.NodeName == now.NodeName && old.Deleting == now.Deleting && old.Ready == now.Ready && old.Phase == now.Phase;

    /// <summary>Whether a change of a node means nothing to places. Each node writes its status every few minutes.</summary>
    public static bool Same(NodeObject old, NodeObject now) => old.Uid == now.Uid && old.Zone == now.Zone && old.Region == now.Region && old.Ready == now.Ready && old.Unschedulable == now.Unschedulable;

    private static NodePlace Of(PodObject? pod, NodeObject? node) => new()
    {
        Zone = Word(node?.Zone),
        Region = Word(node?.Region),
        Ready = node?.Ready,
        Unschedulable = node?.Unschedulable,
        Pod = pod?.Key.Name,
        Deleting = pod?.Deleting,
    };

    // A label may have capitals and dots; a zone of ours is a name.
    private static string? Word(string? label) => label is { Length: > 0 } && Names.Fold(label) is var name && Names.IsNode(name) ? name : null;

    private static void Add(SortedDictionary<string, NodePlace> places, string name, NodePlace place)
    {
        string folded = Names.Fold(name);
        if (Names.IsNode(folded)) places[folded] = place;
    }
}
