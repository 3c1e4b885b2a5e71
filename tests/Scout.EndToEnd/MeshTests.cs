using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>Real nodes on 127/8 with a real broker: a rollout is no failure, a killed node is found, and without a broker the mesh goes on.</summary>
public sealed class MeshTests
{
    private const int Nodes = 5;

    [Fact]
    public async Task A_killed_node_is_found_a_drained_one_is_no_failure_and_a_broker_is_not_needed()
    {
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        ScoutNode[] nodes = [.. Enumerable.Range(1, Nodes).Select(i => Node(folder, broker, i))];
        try
        {
            foreach (ScoutNode node in nodes) await node.StartAsync();
            foreach (ScoutNode node in nodes) await SeesAllAsync(node, Nodes - 1);
            await nodes[0].ReachesAsync("net", "OK");

            // A rollout, one node after the other.
            foreach (ScoutNode node in nodes.Skip(1).Take(2))
            {
                Assert.Equal(0, await node.StopAsync());
                await node.StartAsync();
                await SeesAllAsync(nodes[0], Nodes - 1);
            }

            foreach (ScoutNode node in nodes) Assert.All(await PeersAsync(node), peer => Assert.Equal((0, false), (peer.Lost, peer.Failing)));
            Assert.All(await HistoryAsync(nodes[0], "net"), to => Assert.Equal("OK", to));

            // One that says nothing.
            await nodes[4].KillAsync();
            long killed = TimeProvider.System.GetTimestamp();
            await Until.TrueAsync(
                "the killed node is failing at all others",
                async () =>
                {
                    foreach (ScoutNode node in nodes[..4])
                    {
                        if (!(await PeersAsync(node)).Any(peer => peer is { Node: "m5", Failing: true })) return false;
                    }

                    return true;
                },
                TimeSpan.FromSeconds(20),
                () => nodes[0].Process.Output);
            TestContext.Current.SendDiagnosticMessage($"killed node failing at all others after {TimeProvider.System.GetElapsedTime(killed).TotalSeconds:f1} s");

            // One dead node is one fault, not an alarm at each of its peers.
            Assert.Equal("OK", (await CheckAsync(nodes[0])).GetProperty("status").GetString());

            await broker.StopAsync();
            long sent = (await PeersAsync(nodes[0])).Single(peer => peer.Node == "m2").Total;
            await Until.TrueAsync("probes go on without the broker", async () => (await PeersAsync(nodes[0])).Single(peer => peer.Node == "m2").Total > sent, TimeSpan.FromSeconds(10));
            Assert.Equal("OK", (await CheckAsync(nodes[0])).GetProperty("status").GetString());
            foreach (ScoutNode node in nodes[..4]) Assert.Equal(0, await node.StopAsync());
        }
        finally
        {
            foreach (ScoutNode node in nodes) await node.DisposeAsync();
        }
    }

    private static ScoutNode Node(TempFolder folder, ScoutBroker broker, int i) =>
        ScoutNode.Create(
                folder, $"m{i}", broker.Url,
                $"mesh: {{ listen: {{ address: 127.0.21.{i} }}, udp: {{ interval: 250ms, timeout: 500ms }}, tcp: {{ interval: 2s }}, drain: {{ grace: 1s, hold: 1s }} }}\n")
            .Define("net.yaml", "checks:\n  - { name: net, mesh: { scope: node }, interval: 1s, splay: 0, attempts: 2 }\n");

    private static Task SeesAllAsync(ScoutNode node, int count) => Until.TrueAsync(
        $"{node.Name} reaches {count} peers",
        async () => (await PeersAsync(node)).Count(peer => peer is { State: "up", Answered: true }) == count,
        TimeSpan.FromSeconds(30),
        () => node.Process.Output);

    private static async Task<JsonElement> CheckAsync(ScoutNode node)
    {
        using var client = new SocketClient(node.Socket);
        JsonElement reply = await client.AskAsync("check", """{"machines":["net"],"wait_ms":10000}""") ?? throw new InvalidOperationException("no answer");
        return reply.GetProperty("results")[0];
    }

    private static async Task<List<Peer>> PeersAsync(ScoutNode node)
    {
        using var client = new SocketClient(node.Socket);
        JsonElement reply = await client.AskAsync("mesh", "{}") ?? throw new InvalidOperationException("no answer");
        return
        [
            .. reply.GetProperty("results").EnumerateArray().Where(row => row.TryGetProperty("peer", out _)).Select(row => row.GetProperty("peer")).Select(peer => new Peer(
                peer.GetProperty("node").GetString()!, peer.GetProperty("state").GetString()!, peer.GetProperty("failing").GetBoolean(), peer.GetProperty("lost").GetInt64(),
                peer.GetProperty("tcp_ok").GetInt64() + peer.GetProperty("sent").GetInt64(), peer.TryGetProperty("rtt_ms", out _))),
        ];
    }

    private static async Task<List<string>> HistoryAsync(ScoutNode node, string machine)
    {
        using var client = new SocketClient(node.Socket);
        JsonElement reply = await client.AskAsync("history", $$"""{"machines":["{{machine}}"],"kinds":["transition"]}""") ?? throw new InvalidOperationException("no answer");
        return [.. reply.GetProperty("results")[0].GetProperty("events").EnumerateArray().Select(one => one.GetProperty("data").GetProperty("to").GetString()!)];
    }

    private sealed record Peer(string Node, string State, bool Failing, long Lost, long Total, bool Answered);
}
