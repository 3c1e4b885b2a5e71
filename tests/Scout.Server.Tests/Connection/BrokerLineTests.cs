using System.Text;
using System.Text.Json;
using Scout.Nats;
using Scout.Server.Tests.Store;
using Scout.Testing;

namespace Scout.Server.Tests.Connection;

[Collection("node")]
[Trait("fault", "R9")]
public sealed class BrokerLineTests
{
    private static int requests;

    [Fact]
    public async Task Events_reach_the_stream_in_order_and_the_roster_knows_the_node()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode node = await NodeAsync(server);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        var jetStream = new NatsJSContext(nats);
        INatsKVStore roster = new NatsKVContext(jetStream).GetStoreHandle("SCOUT_NODES");
        await Wait.UntilAsync(async () => await FindAsync(roster, node.Name) is not null, () => node.Log);
        JsonElement entry = JsonDocument.Parse((await FindAsync(roster, node.Name))!).RootElement;
        Assert.Equal(("io.scout.node.v1", 1), (entry.GetProperty("schema").GetString(), entry.GetProperty("machines").GetInt32()));
    }

    [Fact]
    public async Task A_request_over_nats_is_answered_like_one_on_the_socket()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode node = await NodeAsync(server);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        JsonElement ping = await AskAsync(nats, node, $"scout.rpc.node.{node.Name}.ping", "{}");
        Assert.Equal(("ok", "connected"), (ping.GetProperty("code").GetString(), ping.GetProperty("results")[0].GetProperty("broker").GetString()));
        JsonElement check = await AskAsync(nats, node, $"scout.rpc.all.check", """{"machines":["disk"],"wait_ms":5000}""");
        Assert.Equal("ok", check.GetProperty("results")[0].GetProperty("code").GetString());
        JsonElement held = await AskAsync(nats, node, $"scout.rpc.node.{node.Name}.maintenance", """{"machines":["disk"],"for_s":60,"reason":"work"}""", user: "anna");
        Assert.Equal("MAINTENANCE", held.GetProperty("results")[0].GetProperty("to").GetString());
        JsonElement seen = await AskAsync(nats, node, $"scout.rpc.node.{node.Name}.machine", """{"machine":"disk"}""");
        Assert.Equal("dev:anna", seen.GetProperty("results")[0].GetProperty("record").GetProperty("maintenance").GetProperty("caller").GetString());
    }

    [Fact]
    public async Task A_bad_request_is_answered_with_its_code()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode node = await NodeAsync(server);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        (string Action, string Args, string Code)[] bad =
        [
            ("reboot", "{}", "unknown_action"),
            ("history", "{}", "unknown_action"),
            ("check", "{}", "bad_request"),
            ("machine", """{"machine":"nothing"}""", "not_found"),
            ("transition", """{"machine":"disk","transition":"OK"}""", "not_allowed"),
            ("machines", """{"colour":"red"}""", "bad_request"),
        ];
        foreach ((string action, string args, string code) in bad)
        {
            JsonElement reply = await AskAsync(nats, node, $"scout.rpc.node.{node.Name}.{action}", args);
            Assert.Equal((action, code), (action, reply.GetProperty("code").GetString()));
        }
    }

    [Fact]
    public async Task A_disk_that_refuses_is_told_to_the_fleet_and_nothing_leaves_that_is_not_on_it()
    {
        await using NatsServerProcess server = await ServerAsync();
        var disk = new FaultFiles();
        await using TestNode node = Prepared();
        node.StoreFiles = disk;
        node.Arguments = new() { Broker = [server.Url] };
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        await nats.ConnectAsync();
        await using INatsSub<byte[]> heard = await nats.SubscribeCoreAsync<byte[]>($"scout.*.{node.Name}.>");
        await node.StartAsync();
        await AskAsync(nats, node, $"scout.rpc.node.{node.Name}.check", """{"machines":["disk"],"wait_ms":5000}""");

        // What is on disk has left, and was heard here before the answer that says so.
        await Wait.UntilAsync(
            async () => (await AskAsync(nats, node, $"scout.rpc.node.{node.Name}.ping", "{}")).GetProperty("results")[0].GetProperty("outbox").GetProperty("events").GetInt32() == 0, () => node.Log);
        Assert.Contains(Drain(heard), IsAudit);

        disk.Fault = static (step, _) => step is Step.Write or Step.Create ? new IOException("No space left on device") : null;
        JsonElement refused = await AskAsync(nats, node, $"scout.rpc.node.{node.Name}.maintenance", """{"machines":["disk"],"for_s":60}""");
        Assert.Equal("internal", refused.GetProperty("code").GetString());
        List<string> passed = [];
        JsonElement degraded = await AliveAsync(heard, passed, told => told.TryGetProperty("degraded", out JsonElement yes) && yes.GetBoolean());
        Assert.Equal("No space left on device", degraded.GetProperty("degraded_reason").GetString());
        // What happens meanwhile waits: neither is it lost, nor does it leave before it is on disk.
        Assert.Equal("ok", (await AskAsync(nats, node, $"scout.rpc.node.{node.Name}.ping", "{}")).GetProperty("code").GetString());
        passed.AddRange(Drain(heard));
        Assert.DoesNotContain(passed, IsAudit);

        disk.Fault = null;
        await AliveAsync(heard, [], told => !told.TryGetProperty("degraded", out _));
    }

    private static bool IsAudit(string subject) => subject.EndsWith("._node.watcher", StringComparison.Ordinal);

    /// <param name="passed">Gets the subject of each message that is read on the way.</param>
    private static async Task<JsonElement> AliveAsync(INatsSub<byte[]> heard, List<string> passed, Func<JsonElement, bool> told)
    {
        using var limit = new CancellationTokenSource(TestNode.Patience, TimeProvider.System);
        await foreach (NatsMsg<byte[]> message in heard.Msgs.ReadAllAsync(limit.Token))
        {
            passed.Add(message.Subject);
            if (!message.Subject.EndsWith(".alive", StringComparison.Ordinal)) continue;
            using JsonDocument document = JsonDocument.Parse(message.Data!);
            JsonElement data = document.RootElement.GetProperty("data").Clone();
            if (told(data)) return data;
        }

        throw new InvalidOperationException("the subscription ended");
    }

    private static List<string> Drain(INatsSub<byte[]> heard)
    {
        List<string> subjects = [];
        while (heard.Msgs.TryRead(out NatsMsg<byte[]> message)) subjects.Add(message.Subject);
        return subjects;
    }

    [Fact]
    public async Task A_filter_that_does_not_match_gets_no_answer_and_one_that_does_gets_one()
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode node = await NodeAsync(server);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        await AskAsync(nats, node, "scout.rpc.all.ping", "{}", filter: $$$""", "filter":{"nodes":["{{{node.Name}}}"]}""");
        await Assert.ThrowsAsync<NatsNoReplyException>(() => AskAsync(nats, node, "scout.rpc.all.ping", "{}", filter: """, "filter":{"nodes":["other*"]}""", patience: TimeSpan.FromMilliseconds(300)));
    }

    [Fact]
    public async Task A_node_whose_broker_is_away_starts_checks_and_says_so()
    {
        await using TestNode node = Prepared();
        node.Arguments = new() { Broker = ["nats://127.0.0.1:1"] };
        await node.StartAsync();
        await Wait.UntilAsync(async () => await node.StateAsync("disk") == "OK", () => node.Log);
        JsonElement ping = (await node.AskAsync("ping")).GetProperty("results")[0];
        Assert.NotEqual("connected", ping.GetProperty("broker").GetString());
    }

    private static async Task<byte[]?> FindAsync(INatsKVStore roster, string node)
    {
        try
        {
            return (await roster.GetEntryAsync<byte[]>(node)).Value;
        }
        catch (NatsException)
        {
            return null;
        }
    }

    private static async Task<JsonElement> AskAsync(
        NatsConnection nats, TestNode node, string subject, string args, string? user = null, string filter = "", TimeSpan? patience = null)
    {
        // The node is ready before it is connected, so the first asker may find nobody.
        string text = $$$"""{"schema":"io.scout.rpc.request.v1","id":"r{{{Interlocked.Increment(ref requests)}}}","ttl_ms":20000{{{filter}}},"args":{{{args}}}}""";
        var headers = new NatsHeaders();
        if (user is not null) headers["Scout-Caller"] = user;
        NatsMsg<byte[]> reply = default;
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    reply = await nats.RequestAsync<byte[], byte[]>(subject, Encoding.UTF8.GetBytes(text), headers, replyOpts: new NatsSubOpts { Timeout = patience ?? TestNode.Patience });
                    return true;
                }
                catch (NatsNoRespondersException)
                {
                    return false;
                }
            },
            () => node.Log);
        using JsonDocument document = JsonDocument.Parse(reply.Data!);
        return document.RootElement.Clone();
    }

    private static async Task<NatsServerProcess> ServerAsync()
    {
        NatsServerProcess server = await NatsServerProcess.StartAsync();
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        var jetStream = new NatsJSContext(nats);
        await jetStream.CreateStreamAsync(new StreamConfig { Name = "SCOUT_EVENTS", Subjects = ["scout.event.*.*.*"], AllowDirect = true });
        await jetStream.CreateStreamAsync(new StreamConfig { Name = "SCOUT_LIFECYCLE", Subjects = ["scout.lifecycle.*.*"], AllowDirect = true });
        await new NatsKVContext(jetStream).CreateStoreAsync("SCOUT_NODES");
        return server;
    }

    private static async Task<TestNode> NodeAsync(NatsServerProcess server)
    {
        TestNode node = Prepared();
        node.Arguments = new() { Broker = [server.Url] };
        return await node.StartAsync();
    }

    private static TestNode Prepared()
    {
        var node = new TestNode();
        string plugin = node.Plugin("check_disk", "echo 'DISK OK|used=5%'");
        node.Machines("disk.yaml", $"checks:\n  - name: disk\n    plugin: {plugin}\n    interval: 1h\n    splay: 0\n");
        return node;
    }
}
