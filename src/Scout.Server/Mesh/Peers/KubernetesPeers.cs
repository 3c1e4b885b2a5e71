using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Scout.Kubernetes;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Logging;

namespace Scout.Server.Mesh.Peers;

/// <summary>
/// Peers of the cluster's API: the server pods of the own namespace, and their nodes for zone, maintenance and goodbye. For clusters without a broker: each node that asks
/// holds two watches. Whatever becomes of the API, the last list stays.
/// </summary>
internal sealed class KubernetesPeers(KubernetesSourceOptions options, string self, bool hostPlane, NodeCluster cluster, TimeProvider time, ILogger log) : IPeerSource
{
    /// <summary>From so many on, a broker that watches for all is the better way.</summary>
    public const int Many = 100;

    private readonly Channel<bool> news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource stop = new();
    private Mirror<PodObject>? pods;
    private Mirror<NodeObject>? nodes;
    private Task running = Task.CompletedTask;
    private volatile string zone = "";
    private volatile bool ready;
    private bool warned;
    private long refused;

    public string Kind => "kubernetes";

    public bool IsReady => ready;

    public ImmutableArray<PeerSeen> Peers { get; private set; } = [];

    /// <summary>Pods whose node has a name that no node of ours may have.</summary>
    public long Refused => Interlocked.Read(ref refused);

    /// <summary>Zone of this node; empty: not known.</summary>
    public string OwnZone => zone;

    public long? ConfirmedAt => ready && pods is { } mirror ? MeshClock.Now(time) - MeshClock.Of(mirror.Status.StaleFor) : null;

    public void Start(Action changed)
    {
        if (cluster.Mirrors is not { } group)
        {
            cluster.Complain();
            return;
        }

        // Nodes first: then the first list of peers has its zones, unless the right to read nodes is missing.
        if (options.Nodes) nodes = group.Follow(ResourceKinds.Nodes(), new Scope(), NodeChanged);
        pods = group.Follow(ResourceKinds.Pods(), new Scope(group.Namespace, options.Selector), PodChanged);
        running = Task.Run(() => RunAsync(changed));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private void PodChanged(MirrorChange<PodObject> change)
    {
        if (change.Type == MirrorChangeType.Synced) ready = true;
        if (change is { Old: { } old, New: { } now } && ClusterPeers.Same(old, now)) return;
        news.Writer.TryWrite(true);
    }

    // Each node writes its status every few minutes, and nothing of it matters here.
    private void NodeChanged(MirrorChange<NodeObject> change)
    {
        if (change is { Old: { } old, New: { } now } && ClusterPeers.Same(old, now)) return;
        news.Writer.TryWrite(true);
    }

    private async Task RunAsync(Action changed)
    {
        bool first = true;
        try
        {
            await foreach (bool _ in news.Reader.ReadAllAsync(stop.Token))
            {
                if (!ready) continue;
                ClusterPeers found = ClusterPeers.Of(pods!.Objects.Values, nodes?.Objects, options.Port, hostPlane);
                Interlocked.Exchange(ref refused, found.Refused);
                string own = found.Peers.FirstOrDefault(one => one.Name == self)?.Zone ?? "";
                bool moved = first || own != zone || !found.Peers.SequenceEqual(Peers);
                first = false;
                zone = own;
                Peers = found.Peers;
                if (!moved) continue;
                if (Peers.Length > Many && !warned) LogMessages.ClusterLarge(log, Peers.Length);
                warned = Peers.Length > Many;
                changed();
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}
