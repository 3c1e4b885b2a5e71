using Microsoft.Extensions.Logging.Abstractions;
using Scout.Kubernetes.Fake;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Life;
using Scout.Server.Mesh.Peers;

namespace Scout.Server.Tests.Mesh.Peers;

public sealed class KubernetesPeersTests
{
    [Fact]
    public async Task Pods_of_the_own_release_are_peers_and_what_happens_to_them_is_told()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Node("n1", "a");
        cluster.Node("n2", "b");
        cluster.ServerPod("s1", "n1", "10.1.0.1");
        cluster.ServerPod("s2", "n2", "10.1.0.2", "fd00::2");
        cluster.Pod("broker-0", "n1", FakeInstallation.Labels("broker"), "10.1.0.9");
        await using NodeCluster node = Open(cluster);
        await using KubernetesPeers source = Source(node);
        int changes = 0;
        source.Start(() => Interlocked.Increment(ref changes));
        await SeenAsync(source, "n1 a Up, n2 b Up");
        await Wait.UntilAsync(() => source.OwnZone == "a", () => source.OwnZone);
        Assert.NotNull(source.ConfirmedAt);
        cluster.Node("n2", "b", cordoned: true);
        await SeenAsync(source, "n1 a Up, n2 b Maintenance");
        cluster.Node("n2", "b");
        cluster.Leaving("s2");
        await SeenAsync(source, "n1 a Up, n2 b Leaving");
        cluster.Gone("s2");
        await SeenAsync(source, "n1 a Up");
        Assert.InRange(Volatile.Read(ref changes), 4, 8);
        Assert.All(cluster.Api.Requests, request => Assert.Contains(request.Verb, new[] { "list", "watch" }));
        Assert.Contains(" server", cluster.Api.Requests[0].UserAgent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_API_changes_nothing()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.ServerPod("s2", "n2", "10.1.0.2");
        await using NodeCluster node = Open(cluster);
        await using KubernetesPeers source = Source(node);
        source.Start(static () => { });
        await SeenAsync(source, "n2  Up");
        cluster.Api.Faults.Add(new Fault { Code = 500, Times = int.MaxValue });
        cluster.Cluster.Restart();
        int asked = cluster.Api.Requests.Count;
        await Wait.UntilAsync(() => cluster.Api.Requests.Count > asked + 1, () => $"{cluster.Api.Requests.Count} requests");
        Assert.Equal("n2  Up", Words(source));
        Assert.True(source.IsReady);
    }

    [Fact]
    public async Task Without_the_right_to_read_nodes_there_are_peers_without_zones()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Api.Accounts.Add(FakeInstallation.Token, "scout", new FakeRule(Resource: "pods", Namespace: "scout"));
        cluster.Node("n2", "b");
        cluster.ServerPod("s2", "n2", "10.1.0.2");
        await using NodeCluster node = Open(cluster);
        await using KubernetesPeers source = Source(node);
        source.Start(static () => { });
        await SeenAsync(source, "n2  Up");
    }

    [Fact]
    public async Task Outside_a_cluster_the_node_says_what_is_missing_and_runs_on()
    {
        await using var node = new TestNode();
        node.Folder.Write("server.yaml", "mesh: { listen: { address: 127.0.0.1, port: 0 }, peers: { sources: [kubernetes] } }\n");
        node.Arguments = new ServerArguments { Config = node.Folder.File("server.yaml") };
        await node.StartAsync();
        await Wait.UntilAsync(() => node.Log.Contains("KUBERNETES_SERVICE_HOST is not set", StringComparison.Ordinal), () => node.Log);
        Assert.Equal(0, await node.StopAsync());
    }

    private static NodeCluster Open(FakeInstallation cluster) => NodeCluster.Open(
        new ServerOptions { Node = "n1", Machines = "/m", Data = "/d", Mesh = new MeshOptions { Enabled = true, Sources = [Options] } },
        new NodeContext { Error = TextWriter.Null, Environment = cluster.Environment, WorkingFolder = "/" },
        NullLoggerFactory.Instance);

    private static KubernetesPeers Source(NodeCluster cluster) => new(Options, "n1", hostPlane: false, cluster, TimeProvider.System, NullLogger.Instance);

    private static KubernetesSourceOptions Options { get; } = new(KubernetesSourceOptions.DefaultSelector, 8620, Nodes: true);

    private static Task SeenAsync(KubernetesPeers source, string words) => Wait.UntilAsync(() => Words(source) == words, () => Words(source));

    private static string Words(KubernetesPeers source) => string.Join(", ", source.Peers.Select(static peer => $"{peer.Name} {peer.Zone} {peer.Word}"));
}
