using System.Collections.Immutable;
using Scout.Kubernetes.Fake;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Life;
using Scout.Testing;

namespace Scout.Server.Tests.Cluster;

public sealed class ClusterTrialTests
{
    private const string Peers = "mesh: { enabled: true, peers: { sources: [kubernetes] } }\n";
    private const string Traffic = "mesh: { enabled: false }\ntraffic: { enabled: true, kubernetes: true }\n";

    [Fact]
    public async Task What_a_node_would_read_is_read_and_counted()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Node("n1", "a");
        cluster.Node("n2", "b");
        cluster.ServerPod("s1", "n1", "10.1.0.1");
        ImmutableArray<ClusterAnswer> answers = await AskAsync(Peers, cluster.Environment);
        Assert.Equal($"{cluster.Server.Address.GetLeftPart(UriPartial.Authority)} is v1.36.2-fake", Assert.Single(answers, static one => one.What == "kubernetes").Said);
        Assert.Equal(("2 listed, and watched", "1 listed, and watched"), (Said(answers, "nodes"), Said(answers, "pods")));
        Assert.All(answers, static one => Assert.True(one.Good));
    }

    [Fact]
    public async Task A_missing_right_is_named_and_what_is_allowed_is_good_all_the_same()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.ServerPod("s1", "n1", "10.1.0.1");
        cluster.Api.Accounts.Add(FakeInstallation.Token, "system:serviceaccount:scout:scout-server", new FakeRule(Resource: "pods"));
        ImmutableArray<ClusterAnswer> answers = await AskAsync(Peers, cluster.Environment);
        ClusterAnswer bad = Assert.Single(answers, static one => !one.Good);
        Assert.Equal("kubernetes.nodes", bad.What);
        Assert.Contains("User \"system:serviceaccount:scout:scout-server\" cannot list resource \"nodes\"", bad.Said, StringComparison.Ordinal);
        Assert.Equal("1 listed, and watched", Said(answers, "pods"));
    }

    [Fact]
    public async Task Names_of_pods_and_services_are_asked_for_where_traffic_is_to_be_counted()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Pod("shop", "n1", [], "10.1.0.7");
        cluster.Pod("elsewhere", "n2", [], "10.1.0.8");
        Dictionary<string, string> environment = cluster.Environment;
        Assert.Contains("SCOUT_KUBERNETES_NODE and NODE_NAME are not set", Assert.Single(await AskAsync(Traffic, environment), static one => !one.Good).Said, StringComparison.Ordinal);
        environment["NODE_NAME"] = "n1";
        ImmutableArray<ClusterAnswer> answers = await AskAsync(Traffic, environment);
        Assert.Equal(["kubernetes", "kubernetes.services", "kubernetes.endpointslices", "kubernetes.pods"], answers.Select(static one => one.What));
        Assert.Equal("1 listed, and watched", Said(answers, "pods"));
        // What counts only where it can is not asked for: nobody knows before it is tried.
        Assert.Empty(await AskAsync("mesh: { enabled: false }\n", environment));
    }

    [Fact]
    public async Task Outside_a_cluster_nobody_is_asked_and_an_API_that_is_away_is_told()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        ClusterAnswer outside = Assert.Single(await AskAsync(Peers, []));
        Assert.True(outside.Good);
        Assert.StartsWith("not asked: KUBERNETES_SERVICE_HOST is not set", outside.Said, StringComparison.Ordinal);
        cluster.Api.Faults.Add(new Fault { Code = 401, Times = int.MaxValue });
        ImmutableArray<ClusterAnswer> refused = await AskAsync(Peers, cluster.Environment);
        Assert.Equal([("kubernetes", true), ("kubernetes.nodes", false), ("kubernetes.pods", false)], refused.Select(static one => (one.What, one.Good)));
    }

    private static string Said(ImmutableArray<ClusterAnswer> answers, string kind) => Assert.Single(answers, one => one.What == "kubernetes." + kind).Said;

    private static async Task<ImmutableArray<ClusterAnswer>> AskAsync(string yaml, Dictionary<string, string> environment)
    {
        using var folder = new TempFolder();
        string config = folder.Write("server.yaml", "node: n1\n" + yaml);
        var context = new NodeContext { Error = TextWriter.Null, Environment = environment, WorkingFolder = folder.Path };
        ServerConfiguration read = NodeServer.Read(new ServerArguments { Config = config }, context);
        Assert.Empty(read.Findings);
        return await ClusterTrial.RunAsync(read.Options!, context, TimeSpan.FromSeconds(30), CancellationToken.None);
    }
}
