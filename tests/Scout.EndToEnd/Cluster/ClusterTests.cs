using System.Text.Json;
using Scout.Kubernetes.Fake;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd.Cluster;

/// <summary>Real processes of nodes and broker in a cluster whose API server is a fake one, over TLS.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task Servers_find_each_other_by_the_API_alone_and_follow_what_happens_to_pods_and_nodes()
    {
        using var folder = new TempFolder();
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        ScoutNode[] nodes = [.. Enumerable.Range(1, 3).Select(i => Node(folder, cluster, $"k{i}", $"127.0.22.{i}", null, "peers: { sources: [kubernetes] }, "))];
        try
        {
            for (int i = 1; i <= 3; i++)
            {
                cluster.Node($"K{i}", $"zone-{i % 2}");
                cluster.ServerPod($"scout-{i}", $"K{i}", $"127.0.22.{i}");
            }

            foreach (ScoutNode node in nodes) await node.StartAsync();
            foreach (ScoutNode node in nodes) await SeesAsync(node, 2, peer => peer is { State: "up", Answered: true });
            Assert.Equal(["zone-0", "zone-1"], (await PeersAsync(nodes[0])).Select(peer => peer.Zone).Order(StringComparer.Ordinal));
            cluster.Node("K2", "zone-0", cordoned: true);
            await SeesAsync(nodes[0], 1, peer => peer is { Node: "k2", State: "maintenance" });
            cluster.Leaving("scout-3");
            await SeesAsync(nodes[0], 0, peer => peer is { Node: "k3", State: "up" });
            foreach (ScoutNode node in nodes) Assert.Equal(0, await node.StopAsync());
        }
        finally
        {
            foreach (ScoutNode node in nodes) await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_broker_tells_nodes_where_they_stand_and_people_who_is_missing()
    {
        using var folder = new TempFolder();
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        for (int i = 1; i <= 3; i++)
        {
            cluster.Node($"p{i}", $"zone-{i}");
            cluster.ServerPod($"scout-{i}", $"p{i}", $"127.0.23.{i}");
        }

        await using ScoutBroker broker = await ScoutBroker.StartAsync(
            folder, withHttp: true, ["--kubernetes-pods", "app.kubernetes.io/name=scout,app.kubernetes.io/component=server", "--kubernetes-nodes"], cluster.Environment);
        ScoutNode[] nodes = [.. Enumerable.Range(1, 2).Select(i => Node(folder, cluster, $"p{i}", $"127.0.23.{i}", broker.Url, ""))];
        try
        {
            foreach (ScoutNode node in nodes) await node.StartAsync();
            await SeesAsync(nodes[0], 1, peer => peer is { Node: "p2", Zone: "zone-2", State: "up", Answered: true });
            CommandResult? last = null;
            await Until.TrueAsync(
                "scout nodes names who is missing",
                async () =>
                {
                    last = await ScoutExecutable.RunAsync(["nodes", "--broker", broker.Url, "-o", "json", "--timeout", "10s"]);
                    return Rows(last).SequenceEqual([("p1", "answered", "zone-1"), ("p2", "answered", "zone-2"), ("p3", "missing", "zone-3")]);
                },
                TimeSpan.FromSeconds(30),
                () => $"{last}\n{broker.Process.Output}");
            Assert.Contains("p3: missing", last!.Stderr, StringComparison.Ordinal);
            cluster.Node("p2", "zone-2", cordoned: true);
            await SeesAsync(nodes[0], 1, peer => peer is { Node: "p2", State: "maintenance" });
            using var http = new HttpClient();
            string metrics = "";
            await Until.TrueAsync(
                "the broker expects three",
                async () => (metrics = await http.GetStringAsync(broker.Metrics)).Contains("scout_mesh_expected_nodes 3\n", StringComparison.Ordinal),
                TimeSpan.FromSeconds(30),
                () => metrics);
            Assert.Contains("scout_kubernetes_objects{kind=\"nodes\"} 3\n", metrics, StringComparison.Ordinal);
            // Nodes have no business with the API when a broker watches for them.
            Assert.All(cluster.Api.Requests, request => Assert.EndsWith(" broker", request.UserAgent, StringComparison.Ordinal));
        }
        finally
        {
            foreach (ScoutNode node in nodes) await node.DisposeAsync();
        }
    }

    private static ScoutNode Node(TempFolder folder, FakeInstallation cluster, string name, string address, string? broker, string sources)
    {
        ScoutNode node = ScoutNode.Create(folder, name, broker, $"mesh: {{ {sources}listen: {{ address: {address} }}, udp: {{ interval: 250ms, timeout: 500ms }}, drain: {{ grace: 100ms, hold: 100ms }} }}\n");
        foreach ((string variable, string value) in cluster.Environment) node.Environment[variable] = value;
        return node;
    }

    private static (string, string, string)[] Rows(CommandResult result)
    {
        if (result.Stdout.Length == 0) return [];
        return [.. result.Json().EnumerateArray().Select(row => (
            row.GetProperty("node").GetString()!, row.GetProperty("answer").GetString()!, row.TryGetProperty("zone", out JsonElement zone) ? zone.GetString() ?? "" : ""))];
    }

    private static Task SeesAsync(ScoutNode node, int count, Func<Peer, bool> wanted)
    {
        List<Peer> last = [];
        return Until.TrueAsync(
            $"{node.Name} sees {count} such peers",
            async () => (last = await PeersAsync(node)).Count(wanted) == count,
            TimeSpan.FromSeconds(30),
            () => $"{string.Join(", ", last)}\n{node.Process.Output}");
    }

    private static async Task<List<Peer>> PeersAsync(ScoutNode node)
    {
        using var client = new SocketClient(node.Socket);
        JsonElement reply = await client.AskAsync("mesh", "{}") ?? throw new InvalidOperationException("no answer");
        return
        [
            .. reply.GetProperty("results").EnumerateArray().Where(row => row.TryGetProperty("peer", out _)).Select(row => row.GetProperty("peer")).Select(peer => new Peer(
                peer.GetProperty("node").GetString()!, peer.TryGetProperty("zone", out JsonElement zone) ? zone.GetString() ?? "" : "", peer.GetProperty("state").GetString()!, peer.TryGetProperty("rtt_ms", out _))),
        ];
    }

    private sealed record Peer(string Node, string Zone, string State, bool Answered);
}
