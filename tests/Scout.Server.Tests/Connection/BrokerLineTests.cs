using System.Text;
using System.Text.Json;
using Scout.Nats;
using Scout.Testing;

namespace Scout.Server.Tests.Connection;

[Collection("node")]
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

    [Theory]
    [InlineData("scout.rpc.node.{0}.reboot", "{}", "unknown_action")]
    [InlineData("scout.rpc.node.{0}.history", "{}", "unknown_action")]
    [InlineData("scout.rpc.node.{0}.check", "{}", "bad_request")]
    [InlineData("scout.rpc.node.{0}.machine", """{"machine":"nothing"}""", "not_found")]
    [InlineData("scout.rpc.node.{0}.transition", """{"machine":"disk","transition":"OK"}""", "not_allowed")]
    [InlineData("scout.rpc.node.{0}.machines", """{"colour":"red"}""", "bad_request")]
    public async Task A_bad_request_is_answered_with_its_code(string subject, string args, string code)
    {
        await using NatsServerProcess server = await ServerAsync();
        await using TestNode node = await NodeAsync(server);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        JsonElement reply = await AskAsync(nats, node, string.Format(System.Globalization.CultureInfo.InvariantCulture, subject, node.Name), args);
        Assert.Equal(code, reply.GetProperty("code").GetString());
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
