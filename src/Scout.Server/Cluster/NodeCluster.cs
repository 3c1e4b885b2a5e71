using Microsoft.Extensions.Logging;
using Scout.Checks.Probes;
using Scout.Kubernetes;
using Scout.Server.Configuration;
using Scout.Server.Life;
using Scout.Server.Logging;

namespace Scout.Server.Cluster;

/// <summary>
/// What this node reads of the cluster that it runs in: one client for all that is followed. A node without a cluster, or whose cluster does not answer, runs on all the same.
/// </summary>
internal sealed class NodeCluster : IAsyncDisposable
{
    private readonly ILogger? log;
    private readonly bool isExpected;
    private int told;

    private NodeCluster(MirrorGroup? mirrors, string whyNot, string nodeName, bool isExpected, ILogger? log)
    {
        Mirrors = mirrors;
        WhyNot = whyNot;
        NodeName = nodeName;
        this.isExpected = isExpected;
        this.log = log;
    }

    public const string NameMissing = "SCOUT_KUBERNETES_NODE and NODE_NAME are not set: the name of this machine in the cluster (spec.nodeName, by the downward API)";

    /// <summary>Nobody asked for it.</summary>
    public static NodeCluster None { get; } = new(null, "nobody asked for the Kubernetes API", "", isExpected: false, null);

    /// <summary>What follows objects; null: there is no API to ask, see <see cref="WhyNot"/>.</summary>
    public MirrorGroup? Mirrors { get; }

    /// <summary>What is missing, in words; empty when nothing is.</summary>
    public string WhyNot { get; }

    /// <summary>Name of this machine in the cluster, as the API has it; empty: nobody said.</summary>
    public string NodeName { get; }

    /// <summary>For metrics; null without an API.</summary>
    public ClusterSample? Sample => Mirrors?.Sample();

    /// <summary>Reads what a pod is given. Asks nothing yet.</summary>
    public static NodeCluster Open(ServerOptions options, NodeContext context, ILoggerFactory logs)
    {
        bool peers = options.Mesh is { Enabled: true } mesh && mesh.Sources.Any(static one => one is KubernetesSourceOptions);
        bool names = options.Traffic is { Mode: not TrafficMode.Off, Kubernetes: not TrafficNaming.Off };
        if (!peers && !names) return None;
        ILogger clusterLog = logs.CreateLogger("kubernetes");
        string node = NameOf(context.Environment);
        ClusterConnection? to = ClusterConnection.FromPod(context.Environment, out string whyNot);
        if (to is null)
        {
            bool expected = peers || options.Traffic.Kubernetes == TrafficNaming.On;
            return new NodeCluster(null, whyNot, node, expected, clusterLog);
        }

        var client = new KubernetesClientOptions { Version = Product.Version, Component = "server", Seed = Seed() };
        return new NodeCluster(new MirrorGroup(to, client, context.Time, clusterLog), "", node, isExpected: true, clusterLog);
    }

    /// <summary>What this machine is called in the cluster; empty: nobody said.</summary>
    public static string NameOf(IReadOnlyDictionary<string, string> environment) =>
        environment.GetValueOrDefault("SCOUT_KUBERNETES_NODE") is { Length: > 0 } told ? told : environment.GetValueOrDefault("NODE_NAME") ?? "";

    private static int Seed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        SystemRandom.Instance.Fill(bytes);
        return BitConverter.ToInt32(bytes) & int.MaxValue;
    }

    /// <summary>Says once why there is no API, when somebody asked for it by name.</summary>
    public void Complain()
    {
        if (Mirrors is null && isExpected && log is not null && Interlocked.Exchange(ref told, 1) == 0) LogMessages.ClusterMissing(log, WhyNot);
    }

    public async ValueTask DisposeAsync()
    {
        if (Mirrors is not null) await Mirrors.DisposeAsync();
    }
}
