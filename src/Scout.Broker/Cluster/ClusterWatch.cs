using System.Collections;
using System.Reflection;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Scout.Kubernetes;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Cluster;

/// <summary>Servers' pods and nodes of the cluster, followed for the life of the broker. Every broker follows them; the one with the lease writes.</summary>
internal sealed class ClusterWatch : IAsyncDisposable
{
    private readonly Channel<bool> news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly MirrorGroup group;
    private readonly Mirror<PodObject>? pods;
    private readonly Mirror<NodeObject>? nodes;

    private static string Version => (typeof(ClusterWatch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0").Split('+')[0];

    private ClusterWatch(ClusterConnection to, KubernetesOptions options, TimeProvider time, ILogger log)
    {
        var client = new KubernetesClientOptions { Version = Version, Component = "broker", Seed = RandomNumberGenerator.GetInt32(int.MaxValue) };
        group = new MirrorGroup(to, client, time, log);
        if (options.Nodes) nodes = group.Follow(ResourceKinds.Nodes(), new Scope(), NodeChanged);
        if (options.PodSelector.Length > 0) pods = group.Follow(ResourceKinds.Pods(), new Scope(group.Namespace, options.PodSelector), PodChanged);
    }

    /// <summary>Something that matters is different.</summary>
    public ChannelReader<bool> News => news.Reader;

    public ClusterSample Sample => group.Sample();

    /// <summary>
    /// The places of now; null while what is known may be old: a broken API changes no place. Nodes that must not be read are left out, and zones are unknown.
    /// </summary>
    public SortedDictionary<string, NodePlace>? Look()
    {
        bool podsGood = pods is null || pods.Status.State == MirrorState.Live;
        bool nodesDenied = nodes?.Status is { State: MirrorState.Syncing, Failure: ApiFailure.Forbidden };
        bool nodesGood = nodes is null || nodesDenied || nodes.Status.State == MirrorState.Live;
        if (!podsGood || !nodesGood || (pods is null && nodesDenied)) return null;
        return ClusterPlaces.Of(pods?.Objects.Values, nodesDenied ? null : nodes?.Objects);
    }

    /// <summary>Begins to follow; null when nobody asked, or when this is no cluster, which is said.</summary>
    public static ClusterWatch? Open(BrokerOptions options, TimeProvider time, ILogger log)
    {
        if (options.Kubernetes is not { } asked || (asked.PodSelector.Length == 0 && !asked.Nodes)) return null;
        ClusterConnection? to = ClusterConnection.FromPod(options.Variables ?? Variables(), out string whyNot);
        if (to is not null) return new ClusterWatch(to, asked, time, log);
        BrokerLog.ClusterMissing(log, whyNot);
        return null;
    }

    public ValueTask DisposeAsync() => group.DisposeAsync();

    private static Dictionary<string, string> Variables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(static one => (string)one.Key, static one => (string?)one.Value ?? "", StringComparer.Ordinal);

    private void PodChanged(MirrorChange<PodObject> change)
    {
        if (change is not { Old: { } old, New: { } now } || !ClusterPlaces.Same(old, now)) news.Writer.TryWrite(true);
    }

    private void NodeChanged(MirrorChange<NodeObject> change)
    {
        if (change is not { Old: { } old, New: { } now } || !ClusterPlaces.Same(old, now)) news.Writer.TryWrite(true);
    }
}
