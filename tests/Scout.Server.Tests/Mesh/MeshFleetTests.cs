using System.Net;
using System.Text.Json;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Streams;
using Scout.Server.Configuration;
using Scout.Testing;

namespace Scout.Server.Tests.Mesh;

/// <summary>Whole nodes in this process, with real sockets on 127/8 and a real nats-server.</summary>
[Collection("node")]
public sealed class MeshFleetTests
{
    private const string Quick = "udp: { interval: 100ms, timeout: 400ms }, tcp: { interval: 1s }";

    [Fact]
    public async Task Nodes_of_one_host_find_each_other_without_a_word_of_configuration()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode one = await StartAsync(server, "");
        await using TestNode two = await StartAsync(server, "");
        await SeesAsync(one, two);
        await SeesAsync(two, one);
        Assert.Contains("mesh: port", one.Log + two.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_probes_metrics_and_telemetry_tell_of_the_same_mesh()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        var heard = new List<MeshLossMessage>();
        var reports = new List<MeshReport>();
        using var stop = new CancellationTokenSource();
        Task listening = ListenAsync(nats, heard, reports, stop.Token);
        await using TestNode one = await StartAsync(server, "127.0.10.1", zone: "a");
        await using TestNode two = await StartAsync(server, "127.0.10.2", zone: "b");
        await using TestNode three = await StartAsync(server, "127.0.10.3", zone: "b");
        await SeesAsync(one, two);
        await SeesAsync(one, three);

        JsonElement[] results = [.. (await one.AskAsync("mesh")).GetProperty("results").EnumerateArray()];
        JsonElement self = results[0].GetProperty("self");
        Assert.Equal(("up", "a", 3, 0), (self.GetProperty("state").GetString(), self.GetProperty("zone").GetString(), self.GetProperty("members").GetInt32(), self.GetProperty("rings").GetInt32()));
        JsonElement peer = results.Skip(1).Select(row => row.GetProperty("peer")).Single(row => row.GetProperty("node").GetString() == two.Name);
        Assert.Equal(("b", "127.0.10.2", false, 0L), (peer.GetProperty("zone").GetString(), peer.GetProperty("address").GetString(), peer.GetProperty("failing").GetBoolean(), peer.GetProperty("lost").GetInt64()));

        JsonElement probe = (await one.AskAsync("probe", $$"""{"target":"{{two.Name}}","packets":3}""")).GetProperty("results")[0];
        Assert.Equal(("udp", 3, 3), (probe.GetProperty("proto").GetString(), probe.GetProperty("sent").GetInt32(), probe.GetProperty("ok").GetInt32()));
        probe = (await one.AskAsync("probe", $$"""{"target":"{{two.Name}}","proto":"tcp"}""")).GetProperty("results")[0];
        Assert.Equal(1, probe.GetProperty("ok").GetInt32());
        Assert.Equal("not_found", (await one.AskAsync("probe", """{"target":"nobody"}""")).GetProperty("code").GetString());

        string page = await one.GetAsync("/metrics");
        Assert.Contains($"scout_mesh_peer_probes_total{{node=\"{one.Name}\",zone=\"a\",peer=\"{two.Name}\",peer_zone=\"b\",proto=\"udp\",result=\"ok\"}}", page, StringComparison.Ordinal);
        Assert.Contains("scout_mesh_in_probers_expected", page, StringComparison.Ordinal);
        Assert.StartsWith("200", await one.GetAsync("/readyz"), StringComparison.Ordinal);

        await Wait.UntilAsync(() => Locked(heard, () => heard.Any(message => message.Node == one.Name && message.Number > 2)), () => $"{heard.Count} messages");
        await Wait.UntilAsync(() => Locked(heard, () => reports.Any(report => report.Node == one.Name && report.Rows.Length == 2)), () => $"{reports.Count} reports");
        MeshReport told = Locked(heard, () => reports.Last(report => report.Node == one.Name));
        Assert.Equal((3, 0, "a"), (told.Members, told.Rings, told.Zone));
        Assert.Equal([two.Name, three.Name], told.Received.Select(row => row.Sender).Order(StringComparer.Ordinal));
        Assert.Equal("b", Assert.Single(told.Zones).Zone);
        Assert.Equal(0, told.Rows.Sum(row => row.Udp.Lost));
        await stop.CancelAsync();
        await listening;
    }

    [Fact]
    public async Task Who_stops_says_so_and_nobody_counts_a_failure()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode one = await StartAsync(server, "127.0.11.1");
        await using TestNode two = await StartAsync(server, "127.0.11.2");
        await using TestNode three = await StartAsync(server, "127.0.11.3");
        foreach (TestNode other in new[] { two, three }) await SeesAsync(one, other);
        await SeesAsync(two, three);
        await SeesAsync(three, one);
        // A rollout: one after the other goes and comes back, as another incarnation.
        foreach (TestNode node in new[] { two, three })
        {
            Assert.Equal(0, await node.StopAsync());
            await Wait.UntilAsync(async () => await PeerAsync(one, node) is null or { State: "leaving" or "gone" }, () => one.Log);
            await node.StartAsync();
            await SeesAsync(one, node);
        }

        foreach (TestNode node in new[] { one, two, three }) Assert.All(await PeersAsync(node), peer => Assert.Equal((0, false), (peer.Lost, peer.Failing)));
        Assert.DoesNotContain("result=\"fail\"} 1", (await one.GetAsync("/metrics")).ReplaceLineEndings(" "), StringComparison.Ordinal);
        JsonElement entry = await RosterAsync(server, two.Name);
        Assert.Equal("up", entry.GetProperty("mesh").GetProperty("state").GetString());
    }

    [Fact]
    public async Task Without_the_broker_the_mesh_goes_on_and_a_node_that_starts_then_knows_the_last_list()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode one = await StartAsync(server, "127.0.12.1", check: true);
        await using TestNode two = await StartAsync(server, "127.0.12.2");
        await SeesAsync(one, two);
        await Wait.UntilAsync(() => File.Exists(Path.Combine(two.DataFolder, "peers.json")), () => two.Log);
        server.Kill();
        long sent = (await PeerAsync(one, two))!.Sent;
        await Wait.UntilAsync(async () => (await PeerAsync(one, two))!.Sent > sent + 5, () => one.Log);
        await Wait.UntilAsync(async () => await one.StateAsync("net") == "OK", () => one.Log);
        Assert.Equal(0, await two.StopAsync());
        await two.StartAsync();
        await SeesAsync(two, one);
        await SeesAsync(one, two);
    }

    [Fact]
    public async Task The_check_of_a_node_is_a_machine_and_asks_its_peers_when_it_is_forced()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode one = await StartAsync(server, "127.0.13.1", check: true);
        await Wait.UntilAsync(async () => await one.StateAsync("net") == "OK", () => one.Log);
        await using TestNode two = await StartAsync(server, "127.0.13.2");
        await SeesAsync(one, two);
        JsonElement forced = (await one.AskAsync("check", """{"machines":["net"],"wait_ms":8000}""")).GetProperty("results")[0];
        Assert.Equal("OK", forced.GetProperty("status").GetString());
        Assert.StartsWith("MESH OK: 1 peers, none fails", forced.GetProperty("output").GetString(), StringComparison.Ordinal);
        Assert.Equal(["peers", "failing", "loss", "loss_fwd", "loss_rev", "rtt", "stalled"], forced.GetProperty("perfdata").EnumerateArray().Select(item => item.GetProperty("label").GetString()));
        string page = await one.GetAsync("/metrics");
        Assert.True(System.Text.RegularExpressions.Regex.IsMatch(page, "scout_mesh_reactive_probes_total\\{[^}]*result=\"ok\"\\} 5\n"), page);
        JsonElement fleet = (await one.AskAsync("check", """{"machines":["fleet"],"wait_ms":8000}""")).GetProperty("results")[0];
        Assert.Equal(("UNKNOWN", "MESH UNKNOWN: the broker has written no summary of the mesh"), (fleet.GetProperty("status").GetString(), fleet.GetProperty("output").GetString()));
        // A summary that a node has sent there from its own key counts as none.
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        var js = new NatsJSContext(nats);
        await js.PublishAsync(Subjects.RosterKey("evil"), new MeshSummary { Broker = "hub", At = TimeProvider.System.GetUtcNow(), Nodes = 2, Zones = 1, Rings = 0, Paths = 2, WindowS = 30, Reporting = 2, ProbesPerSecond = 1, Loss = 0, Late = 0, Stalled = 0, Suspects = 0, Confirmed = 0 }.ToBytes());
        await nats.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES." + Subjects.RosterKey("evil"), Array.Empty<byte>(), replyTo: Subjects.MeshPrefix + MeshSummary.Key);
        await Wait.UntilAsync(async () => (await js.GetStreamAsync(StreamCatalog.Mesh)).Info.State.Messages > 0, () => one.Log);
        fleet = (await one.AskAsync("check", """{"machines":["fleet"],"wait_ms":8000}""")).GetProperty("results")[0];
        Assert.Equal(("UNKNOWN", "MESH UNKNOWN: the broker has written no summary of the mesh"), (fleet.GetProperty("status").GetString(), fleet.GetProperty("output").GetString()));
    }

    [Fact]
    public async Task A_port_that_was_asked_for_and_is_taken_ends_the_start_with_3()
    {
        // Not the usual one: another server on this host may have it on all addresses.
        int port = Scout.Testing.Processes.ScoutExecutable.FreePort();
        await using var one = new TestNode();
        Configure(one, "127.0.14.1", "", check: false, port: port);
        await one.StartAsync();
        await using var two = new TestNode();
        Configure(two, "127.0.14.1", "", check: false, port: port);
        Directory.CreateDirectory(two.MachinesFolder);
        Assert.Equal(3, await two.RunAsync());
        Assert.Contains($"port {port}", two.Log, StringComparison.Ordinal);
        Assert.Contains("hint: or switch it off with mesh: { enabled: false }", two.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_mesh_its_actions_say_so_and_its_check_is_unknown()
    {
        await using var node = new TestNode();
        node.Machines("net.yaml", "checks:\n  - { name: net, mesh: {}, interval: 1s, splay: 0 }\n");
        await node.StartAsync();
        Assert.Equal("not_found", (await node.AskAsync("mesh")).GetProperty("code").GetString());
        await Wait.UntilAsync(async () => await node.StateAsync("net") == "UNKNOWN", () => node.Log);
        Assert.DoesNotContain("scout_mesh_", await node.GetAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Places_of_the_broker_give_zones_maintenance_and_names_of_pods()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode one = await StartAsync(server, "127.0.15.1", pod: "scout-a");
        await using TestNode two = await StartAsync(server, "127.0.15.2");
        await SeesAsync(one, two);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        INatsKVStore roster = new NatsKVContext(new NatsJSContext(nats)).GetStoreHandle(Subjects.RosterBucket);
        await roster.PutAsync(two.Name + ".place", (ReadOnlyMemory<byte>)new NodePlace { Zone = "z2", Unschedulable = true, Pod = "scout-b" }.ToBytes());
        await roster.PutAsync(one.Name + ".place", (ReadOnlyMemory<byte>)new NodePlace { Zone = "z1" }.ToBytes());
        await Wait.UntilAsync(async () => await PeerAsync(one, two) is { State: "maintenance", Zone: "z2" }, () => one.Log);
        await Wait.UntilAsync(async () => (await one.AskAsync("mesh")).GetProperty("results")[0].GetProperty("self").GetProperty("zone").GetString() == "z1", () => one.Log);
        string pods = $"scout_total_requests{{dest_node=\"{two.Name}\",dest_pod=\"scout-b\",src_node=\"{one.Name}\",src_pod=\"scout-a\"}}";
        await Wait.UntilAsync(async () => (await one.GetAsync("/metrics")).Contains(pods, StringComparison.Ordinal), () => one.Log);
    }

    /// <summary>Two of the older tools test the node itself too; in nothing else may that be seen.</summary>
    [Fact]
    public async Task For_older_tools_a_node_probes_itself_and_that_shows_nowhere_else()
    {
        await using var node = new TestNode();
        string file = node.Folder.Write("server.yaml", $"mesh: {{ enabled: true, {Quick}, listen: {{ address: 127.0.16.1, allow: [127.0.0.1/32] }}, metrics: {{ compat: [scout, kconmon] }} }}\n");
        node.Arguments = new ServerArguments { Config = file };
        await node.StartAsync();
        string page = "";
        await Wait.UntilAsync(
            async () => (page = await node.GetAsync("/metrics")).Contains($"kconmon_udp_loss{{source=\"{node.Name}\",destination=\"{node.Name}\"", StringComparison.Ordinal)
                && !page.Contains($"scout_total_requests{{dest_node=\"{node.Name}\",dest_pod=\"{node.Name}\",src_node=\"{node.Name}\",src_pod=\"{node.Name}\"}} 0", StringComparison.Ordinal),
            () => page + node.Log);
        Assert.Contains($"scout_total_requests{{dest_node=\"{node.Name}\"", page, StringComparison.Ordinal);
        Assert.Matches("kconmon_udp_results_total\\{.*result=\"pass\"} [1-9]", page);
        Assert.Contains($"scout_mesh_in_probers{{node=\"{node.Name}\",zone=\"\"}} 0\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("scout_mesh_peer_probes_total{", page, StringComparison.Ordinal);
        Assert.Matches("scout_mesh_outcomes_total\\{.*proto=\"udp\",result=\"ok\"} 0\n", page);
        Assert.Empty(await PeersAsync(node));
    }

    private static async Task<NatsServerProcess> ServerAsync()
    {
        NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = true });
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        var js = new NatsJSContext(nats);
        await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Events, Subjects = ["scout.event.*.*.*"], AllowDirect = true });
        await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Lifecycle, Subjects = ["scout.lifecycle.*.*"], AllowDirect = true });
        await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Roster, Subjects = ["$KV.SCOUT_NODES.>"], MaxMsgsPerSubject = 5, AllowDirect = true, Republish = new Republish { Src = "$KV.SCOUT_NODES.>", Dest = "scout.roster.>" } });
        await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Mesh, Subjects = ["$KV.SCOUT_MESH.>"], MaxMsgsPerSubject = 1, AllowDirect = true });
        return server;
    }

    private static async Task<TestNode> StartAsync(NatsServerProcess server, string address, string zone = "", bool check = false, string pod = "")
    {
        var node = new TestNode();
        if (pod.Length > 0) node.Environment2["SCOUT_POD"] = pod;
        Configure(node, address, zone, check);
        node.Arguments = node.Arguments with { Broker = [server.Url] };
        return await node.StartAsync();
    }

    private static void Configure(TestNode node, string address, string zone, bool check, int port = 0)
    {
        string listen = address.Length == 0 ? "" : $", listen: {{ address: {address}{(port > 0 ? $", port: {port}" : "")} }}";
        string file = node.Folder.Write("server.yaml", (zone.Length > 0 ? $"zone: {zone}\n" : "") + $"mesh: {{ enabled: true, metrics: {{ compat: [scout] }}, {Quick}{listen}, drain: {{ grace: 500ms, hold: 500ms }} }}\n");
        node.Arguments = new ServerArguments { Config = file };
        if (check) node.Machines("net.yaml", "checks:\n  - { name: net, mesh: {}, interval: 1s, splay: 0 }\n  - { name: fleet, mesh: { scope: fleet }, interval: 1m, splay: 0 }\n");
    }

    private static Task SeesAsync(TestNode node, TestNode other) =>
        Wait.UntilAsync(async () => await PeerAsync(node, other) is { State: "up", Answered: true }, () => $"{node.Name} looks for {other.Name}\n{node.Log}");

    private static async Task<PeerRow?> PeerAsync(TestNode node, TestNode other) => (await PeersAsync(node)).FirstOrDefault(peer => peer.Node == other.Name);

    private static async Task<List<PeerRow>> PeersAsync(TestNode node) =>
        [.. (await node.AskAsync("mesh")).GetProperty("results").EnumerateArray().Where(row => row.TryGetProperty("peer", out _)).Select(row => row.GetProperty("peer")).Select(peer => new PeerRow(
            peer.GetProperty("node").GetString()!, peer.GetProperty("zone").GetString()!, peer.GetProperty("state").GetString()!, peer.GetProperty("failing").GetBoolean(),
            peer.GetProperty("sent").GetInt64(), peer.GetProperty("lost").GetInt64(), peer.TryGetProperty("rtt_ms", out _)))];

    private static async Task<JsonElement> RosterAsync(NatsServerProcess server, string node)
    {
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        NatsKVEntry<byte[]> entry = await new NatsKVContext(new NatsJSContext(nats)).GetStoreHandle(Subjects.RosterBucket).GetEntryAsync<byte[]>(node);
        return JsonDocument.Parse(entry.Value!).RootElement;
    }

    private static async Task ListenAsync(NatsConnection nats, List<MeshLossMessage> heard, List<MeshReport> reports, CancellationToken stop)
    {
        try
        {
            await foreach (NatsMsg<byte[]> message in nats.SubscribeAsync<byte[]>("scout.mesh.>", cancellationToken: stop))
            {
                if (!Subjects.TryParseMesh(message.Subject, out MeshSubject subject)) continue;
                lock (heard)
                {
                    if (subject.Kind == MeshSubjectKind.Loss && MeshLossMessage.TryRead(subject.Node, message.Data, out MeshLossMessage? loss, out _)) heard.Add(loss);
                    if (subject.Kind == MeshSubjectKind.Report && MeshReport.TryRead(subject.Node, message.Data, out MeshReport? report, out _)) reports.Add(report);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static T Locked<T>(object gate, Func<T> look)
    {
        lock (gate) return look();
    }

    private sealed record PeerRow(string Node, string Zone, string State, bool Failing, long Sent, long Lost, bool Answered);
}
