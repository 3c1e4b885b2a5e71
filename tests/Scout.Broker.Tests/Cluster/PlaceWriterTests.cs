using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Cluster;
using Scout.Broker.Tests.Secure;
using Scout.Kubernetes.Fake;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Streams;

namespace Scout.Broker.Tests.Cluster;

/// <summary>A broker with a real nats-server, in a cluster that is a fake one.</summary>
public sealed class PlaceWriterTests
{
    private const string Selector = "app.kubernetes.io/component=server";

    [Fact]
    public async Task The_broker_writes_places_when_they_change_and_a_broken_API_changes_none()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Node("n1", "a");
        cluster.Node("n2", "b");
        cluster.ServerPod("s1", "n1", "10.1.0.1");
        cluster.ServerPod("s2", "n2", "10.1.0.2");
        cluster.Pod("broker-0", "n1", FakeInstallation.Labels("broker"), "10.1.0.9");
        await using var bench = new Bench();
        int port = Bench.FreePort();
        bench.Options = bench.Options with { Kubernetes = new KubernetesOptions(Selector, Nodes: true), Variables = cluster.Environment, Http = $"127.0.0.1:{port}" };
        await bench.StartAsync();
        await using var nats = new NatsConnection(new NatsOpts { Url = bench.Url });
        INatsKVStore bucket = new NatsKVContext(new NatsJSContext(nats)).GetStoreHandle(Subjects.RosterBucket);
        await SeesAsync(bucket, "n1", new NodePlace { Zone = "a", Ready = true, Unschedulable = false, Pod = "s1", Deleting = false }, bench);
        await SeesAsync(bucket, "n2", new NodePlace { Zone = "b", Ready = true, Unschedulable = false, Pod = "s2", Deleting = false }, bench);
        ulong first = (await bucket.TryGetEntryAsync<byte[]>("n1.place"))!.Value.Revision;

        cluster.Node("n2", "b", cordoned: true);
        await SeesAsync(bucket, "n2", new NodePlace { Zone = "b", Ready = true, Unschedulable = true, Pod = "s2", Deleting = false }, bench);
        cluster.Leaving("s2");
        await SeesAsync(bucket, "n2", new NodePlace { Zone = "b", Ready = true, Unschedulable = true, Pod = "s2", Deleting = true }, bench);
        cluster.Gone("s2");
        await SeesAsync(bucket, "n2", new NodePlace { Zone = "b", Ready = true, Unschedulable = true, Deleting = true }, bench);

        // Its status is written anew every few minutes, and the API server may be away: neither is a change.
        cluster.Node("n1", "a");
        cluster.Api.Faults.Add(new Fault { Code = 503, Times = int.MaxValue });
        cluster.Cluster.Restart();
        int asked = cluster.Api.Requests.Count;
        await Until.TrueAsync("it asks again", () => cluster.Api.Requests.Count > asked + 1, TimeSpan.FromSeconds(30), () => bench.Log.Text);
        Assert.Equal(first, (await bucket.TryGetEntryAsync<byte[]>("n1.place"))!.Value.Revision);

        using var http = new HttpClient();
        string metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
        Assert.Contains("scout_kubernetes_objects{kind=\"pods\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("scout_kubernetes_relists_total{kind=\"nodes\",reason=\"first\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("scout_kubernetes_requests_total{kind=\"pods\",verb=\"list\",code=\"200\"}", metrics, StringComparison.Ordinal);
        Assert.Equal(0, (await bench.StopAsync()).Code);
        Assert.Contains(cluster.Api.Requests, request => request.UserAgent.EndsWith(" broker", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_secure_broker_may_write_places_and_nodes_may_read_them_and_write_none()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Node("n1", "a");
        cluster.ServerPod("s1", "n1", "10.1.0.1");
        await using var bench = new SecureBench();
        await bench.InitAsync();
        bench.Options = bench.Options with { Kubernetes = new KubernetesOptions(Selector, Nodes: true), Variables = cluster.Environment };
        await bench.StartAsync();
        await using var node = new NatsConnection(bench.Opts(bench.Creds(ScoutRole.Node, "n1")) with { InboxPrefix = Subjects.NodeInbox("n1") });
        await node.ConnectAsync();
        var refused = new ConcurrentQueue<string>();
        node.ServerError += (_, error) =>
        {
            refused.Enqueue(error.Error);
            return ValueTask.CompletedTask;
        };
        var place = new NodePlace { Zone = "a", Ready = true, Unschedulable = false, Pod = "s1", Deleting = false };
        await Until.TrueAsync("a node reads its place", async () => await ReadAsync(node, "n1") == place, TimeSpan.FromSeconds(30), () => bench.Log.Text);

        using var stop = new CancellationTokenSource();
        Task<NodePlace?> hearing = HearAsync(node, "n1", stop.Token);
        await node.PingAsync();
        cluster.Node("n1", "a", cordoned: true);
        NodePlace? heard = await hearing.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(place with { Unschedulable = true }, heard);
        Assert.Empty(refused);
        Assert.DoesNotContain("iolation", bench.Log.Text, StringComparison.Ordinal);

        // Neither its own nor that of another.
        foreach (string name in (string[])["n1", "n2"]) await node.PublishAsync(Subjects.PlaceKey(name), new NodePlace { Zone = "evil" }.ToBytes());
        await Until.TrueAsync("both are refused", () => refused.Count >= 2, TimeSpan.FromSeconds(30), () => string.Join('\n', refused));
        Assert.Equal(["n1", "n2"], refused.Select(static one => Regex.Match(one, @"Permissions Violation for Publish to ""\$KV\.SCOUT_NODES\.(?<node>n.)\.place""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture).Groups["node"].Value).Order(StringComparer.Ordinal));
        Assert.Equal((heard, null), (await ReadAsync(node, "n1"), await ReadAsync(node, "n2")));
        Assert.Equal(0, (await bench.StopAsync()).Code);
    }

    [Fact]
    public async Task Who_comes_to_the_lease_reads_first_what_is_there_and_no_pod_at_all_sends_nobody_away()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Node("n1", "a");
        cluster.ServerPod("s1", "n1", "10.1.0.1");
        await using var bench = new Bench();
        await bench.StartAsync();
        await using var nats = new NatsConnection(new NatsOpts { Url = bench.Url });
        INatsKVStore bucket = new NatsKVContext(new NatsJSContext(nats)).GetStoreHandle(Subjects.RosterBucket);
        var known = new NodePlace { Zone = "a", Ready = true, Unschedulable = false, Pod = "s1", Deleting = false, Maintenance = true };
        ulong before = await bucket.PutAsync("n1.place", known.ToBytes());
        await using ClusterWatch watch = ClusterWatch.Open(new BrokerOptions { Kubernetes = new KubernetesOptions(Selector, Nodes: true), Variables = cluster.Environment }, TimeProvider.System, NullLogger.Instance)!;
        var writer = new PlaceWriter(watch, TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        bool held = false;
        Task running = writer.RunAsync(nats, () => Volatile.Read(ref held), stop.Token);
        cluster.Node("n2", "b");
        cluster.ServerPod("s2", "n2", "10.1.0.2");
        await Until.TrueAsync("the watch sees both", () => watch.Look()?.Count == 2, TimeSpan.FromSeconds(30), () => "");
        Assert.Null(await bucket.TryGetEntryAsync<byte[]>("n2.place"));
        Volatile.Write(ref held, true);
        await SeesAsync(bucket, "n2", new NodePlace { Zone = "b", Ready = true, Unschedulable = false, Pod = "s2", Deleting = false }, bench);
        Assert.Equal(before, (await bucket.TryGetEntryAsync<byte[]>("n1.place"))!.Value.Revision);
        cluster.Gone("s1");
        await SeesAsync(bucket, "n1", known with { Pod = null, Deleting = true }, bench);
        cluster.Gone("s2");
        await SeesAsync(bucket, "n2", new NodePlace { Zone = "b", Ready = true, Unschedulable = false }, bench);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_selector_that_is_none_is_refused_and_outside_a_cluster_the_broker_runs_on()
    {
        await using var bench = new Bench();
        BrokerOptions good = bench.Options;
        bench.Options = good with { Kubernetes = new KubernetesOptions("app=a b", Nodes: false) };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(2, exit.Code);
        Assert.Contains("--kubernetes-pods 'app=a b' has the term", exit.Message, StringComparison.Ordinal);
        bench.Options = good with { Kubernetes = new KubernetesOptions(Selector, Nodes: true), Variables = new Dictionary<string, string>() };
        await bench.StartAsync();
        Assert.Contains("KUBERNETES_SERVICE_HOST is not set", Assert.Single(bench.Log.Lines(5101)), StringComparison.Ordinal);
        Assert.Equal(0, (await bench.StopAsync()).Code);
    }

    /// <summary>As a node reads what it missed: by direct gets.</summary>
    private static async Task<NodePlace?> ReadAsync(NatsConnection nats, string node)
    {
        NodePlace? last = null;
        await foreach (NatsJSStreamMsg<byte[]> message in new NatsJSContext(nats).GetStreamHandle(StreamCatalog.Roster).ReadRangeAsync<byte[]>(new NatsJSReadRangeOpts(), CancellationToken.None))
        {
            if (message.Subject == Subjects.PlaceKey(node) && NodePlace.TryRead(message.Data, out NodePlace? read, out _)) last = read;
        }

        return last;
    }

    /// <summary>As a node hears of a change: by what the bucket republishes.</summary>
    private static async Task<NodePlace?> HearAsync(NatsConnection nats, string node, CancellationToken stop)
    {
        await foreach (NatsMsg<byte[]> message in nats.SubscribeAsync<byte[]>(Subjects.AllRoster, cancellationToken: stop))
        {
            if (Subjects.TryParsePlace(message.Subject, out string? placed) && placed == node && NodePlace.TryRead(message.Data, out NodePlace? read, out _)) return read;
        }

        return null;
    }

    private static Task SeesAsync(INatsKVStore bucket, string node, NodePlace place, Bench bench) => Until.TrueAsync(
        $"the place of {node} is {place}",
        async () => await bucket.TryGetEntryAsync<byte[]>(node + ".place") is { Value: { } bytes } && NodePlace.TryRead(bytes, out NodePlace? read, out _) && read == place,
        TimeSpan.FromSeconds(30),
        () => bench.Log.Text);
}
