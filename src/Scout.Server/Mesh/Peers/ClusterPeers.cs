using System.Collections.Immutable;
using System.Net;
using Scout.Kubernetes;
using Scout.Protocol;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Peers;

/// <summary>From pods and nodes of a cluster to peers: a pure function.</summary>
/// <param name="Peers">One a node, in order of names.</param>
/// <param name="Refused">Nodes with a server whose name is no name of ours.</param>
internal sealed record ClusterPeers(ImmutableArray<PeerSeen> Peers, int Refused)
{
    /// <param name="pods">The server's.</param>
    /// <param name="nodes">By name; null: nobody reads them, so zones are unknown.</param>
    /// <param name="port">Where servers answer.</param>
    /// <param name="hostPlane">The second address is to be the host's.</param>
    public static ClusterPeers Of(IEnumerable<PodObject> pods, IReadOnlyDictionary<ObjectKey, NodeObject>? nodes, int port, bool hostPlane)
    {
        int refused = 0;
        var peers = new List<PeerSeen>();
        foreach ((string host, PodObject pod) in PodObject.OfNodes(pods.Where(IsServing)))
        {
            string name = Names.Fold(host);
            NodeObject? node = nodes?.GetValueOrDefault(new ObjectKey("", host));
            ImmutableArray<IPAddress> addresses = Addresses(pod, hostPlane);
            if (!Names.IsNode(name)) refused++;
            else if (!addresses.IsEmpty) peers.Add(new PeerSeen(name, Zone(node), addresses, port, 0, WordOf(pod, node)) { Pod = pod.Key.Name });
        }

        return new ClusterPeers([.. peers.OrderBy(static one => one.Name, StringComparer.Ordinal)], refused);
    }

    /// <summary>Whether a change of a pod means nothing to peers.</summary>
    public static bool Same(PodObject old, PodObject now) =>
        old.Uid == now.Uid && old.NodeName == now.NodeName && old.Phase == now.Phase && old.Ready == now.Ready && old.Deleting == now.Deleting && old.HostIP == now.HostIP && old.PodIPs.SequenceEqual(now.PodIPs);

    /// <summary>Whether a change of a node means nothing to peers.</summary>
    public static bool Same(NodeObject old, NodeObject now) => old.Uid == now.Uid && old.Zone == now.Zone && old.Ready == now.Ready && old.Unschedulable == now.Unschedulable;

    /// <summary>A label's value as a name of a zone; empty when it cannot be one.</summary>
    public static string Zone(NodeObject? node) => node is { Zone.Length: > 0 } && Names.Fold(node.Zone) is var zone && Names.IsNode(zone) ? zone : "";

    // What still pulls its image would only be counted as dead; one that crashes again and again is Running, and is to be counted so.
    private static bool IsServing(PodObject pod) => pod.Phase == "Running" || pod.Ready;

    private static PeerWord WordOf(PodObject pod, NodeObject? node)
    {
        if (pod.Deleting) return PeerWord.Leaving;
        return node is { Unschedulable: true } or { Ready: false } ? PeerWord.Maintenance : PeerWord.Up;
    }

    private static ImmutableArray<IPAddress> Addresses(PodObject pod, bool hostPlane)
    {
        List<IPAddress> found = [.. pod.PodIPs.SelectMany(Read)];
        if (hostPlane && found.Count > 1) found = [found[0]];
        if (hostPlane || found.Count == 0) found.AddRange(Read(pod.HostIP));
        return [.. found.Distinct().Take(RosterMesh.MaxAddresses)];
    }

    private static IEnumerable<IPAddress> Read(string text)
    {
        if (IPAddress.TryParse(text, out IPAddress? address) && MeshAddress.IsUsable(address)) yield return MeshAddress.Plain(address);
    }
}
