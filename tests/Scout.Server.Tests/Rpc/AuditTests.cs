using System.Text.Json;
using Scout.Protocol.Rpc;
using Scout.Server.Rpc;

namespace Scout.Server.Tests.Rpc;

[Collection("node")]
public sealed class AuditTests
{
    [Theory]
    [InlineData("check", """{"machines":["disk"]}""", "pending", null)]
    [InlineData("maintenance", """{"machines":["disk"],"for_s":60,"reason":"swap"}""", "ok", "swap")]
    [InlineData("resume", """{"machines":["disk"]}""", "not_allowed", null)]
    [InlineData("acknowledge", """{"machines":["disk"],"reason":"known"}""", "not_allowed", "known")]
    [InlineData("transition", """{"machine":"disk","transition":"OK"}""", "not_allowed", null)]
    public async Task Every_effect_leaves_a_row_with_who_what_and_the_outcome(string action, string args, string code, string? reason)
    {
        await using TestNode node = await StartedAsync();
        JsonElement reply = await node.AskAsync(action, args, id: "asked-1");
        JsonElement row = Assert.Single(await RowsAsync(node));
        JsonElement data = row.GetProperty("data");
        Assert.Equal("io.scout.node.audit.v1", row.GetProperty("type").GetString());
        Assert.Equal(("asked-1", "asked-1"), (row.GetProperty("causationid").GetString(), data.GetProperty("request").GetString()));
        Assert.Equal("local:" + Environment.UserName, data.GetProperty("caller").GetString());
        Assert.Equal((action, "local", "allowed"), (data.GetProperty("action").GetString(), data.GetProperty("scope").GetString(), data.GetProperty("decision").GetString()));
        Assert.Equal((code, "disk"), (data.GetProperty("code").GetString(), Assert.Single(data.GetProperty("machines").EnumerateArray()).GetString()));
        Assert.Equal(reason, data.TryGetProperty("reason", out JsonElement given) ? given.GetString() : null);
        Assert.Equal(code, reply.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("""{"machines":["none*"]}""", "no machine matches", 0)]
    [InlineData("""{"machines":["none"]}""", "no machine 'none' on", 1)]
    public async Task A_request_that_matches_nothing_leaves_a_row_too(string args, string message, int machines)
    {
        await using TestNode node = await StartedAsync();
        Assert.Equal("not_found", (await node.AskAsync("resume", args)).GetProperty("code").GetString());
        JsonElement data = Assert.Single(await RowsAsync(node)).GetProperty("data");
        Assert.Equal(("allowed", "not_found"), (data.GetProperty("decision").GetString(), data.GetProperty("code").GetString()));
        Assert.StartsWith(message, data.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(machines, data.TryGetProperty("machines", out JsonElement names) ? names.GetArrayLength() : 0);
    }

    [Fact]
    public async Task A_denied_request_leaves_a_row_and_changes_nothing()
    {
        await using TestNode node = await StartedAsync(new Denying(all: true));
        Assert.Equal("denied", (await node.AskAsync("maintenance", """{"machines":["disk"],"open_ended":true}""")).GetProperty("code").GetString());
        JsonElement data = Assert.Single(await RowsAsync(node)).GetProperty("data");
        Assert.Equal(("denied", "denied", "not today"), (data.GetProperty("decision").GetString(), data.GetProperty("code").GetString(), data.GetProperty("message").GetString()));
        Assert.Equal("disk", data.GetProperty("machines")[0].GetString());
        Assert.Equal("OK", await node.StateAsync("disk"));
    }

    [Fact]
    public async Task A_row_says_which_machines_were_denied_when_others_were_not()
    {
        await using TestNode node = await StartedAsync(new Denying(all: false));
        Assert.Equal("partial", (await node.AskAsync("maintenance", """{"all":true,"open_ended":true}""")).GetProperty("code").GetString());
        JsonElement data = Assert.Single(await RowsAsync(node)).GetProperty("data");
        Assert.Equal(("allowed", "partial"), (data.GetProperty("decision").GetString(), data.GetProperty("code").GetString()));
        Assert.Equal("pay", Assert.Single(data.GetProperty("denied").EnumerateArray()).GetString());
        Assert.Equal(("MAINTENANCE", "OK"), (await node.StateAsync("disk"), await node.StateAsync("pay")));
    }

    [Fact]
    public async Task The_history_of_a_machine_has_the_rows_about_it_and_no_others()
    {
        await using TestNode node = await StartedAsync();
        await node.AskAsync("resume", """{"machines":["disk"]}""", id: "a");
        await node.AskAsync("resume", """{"machines":["pay"]}""", id: "b");
        await node.AskAsync("resume", """{"all":true}""", id: "c");
        await node.AskAsync("resume", """{"machines":["other*"]}""", id: "d");
        Assert.Equal(["a", "c"], Requests(await HistoryAsync(node, """{"machines":["disk"],"kinds":["transition","audit"]}""")));
        Assert.Equal(["b", "c"], Requests(await HistoryAsync(node, """{"machines":["p*"]}""")));
        Assert.Equal(["a", "b", "c", "d"], Requests(await HistoryAsync(node, """{"machines":["_node"],"kinds":["watcher"]}""")));
        Assert.Empty(Requests(await HistoryAsync(node, """{"kinds":["transition","state","check"]}""")));
    }

    [Fact]
    public async Task What_was_asked_twice_and_what_only_reads_leaves_no_second_row()
    {
        await using TestNode node = await StartedAsync();
        await node.AskAsync("maintenance", """{"machines":["disk"],"open_ended":true}""", id: "twice");
        await node.AskAsync("maintenance", """{"machines":["disk"],"open_ended":true}""", id: "twice");
        await node.AskAsync("machines");
        Assert.Single(await RowsAsync(node));
    }

    [Fact]
    public async Task What_cannot_be_read_leaves_a_row_and_reads_stand_in_the_file_alone()
    {
        await using TestNode node = await StartedAsync();
        Assert.Equal("bad_request", (await node.AskAsync("maintenance", """{"machines":["disk"],"until":"tomorrow"}""", id: "bad")).GetProperty("code").GetString());
        // Nobody waits for such a row: it comes soon.
        await Wait.UntilAsync(async () => (await RowsAsync(node)).Length > 0, () => node.Log);
        JsonElement data = Assert.Single(await RowsAsync(node)).GetProperty("data");
        Assert.Equal(("bad", "refused", "bad_request"), (data.GetProperty("request").GetString(), data.GetProperty("decision").GetString(), data.GetProperty("code").GetString()));
        string path = Path.Combine(node.DataFolder, "audit.jsonl");
        await Wait.UntilAsync(() => Task.FromResult(File.Exists(path) && File.ReadAllText(path) is { } text && text.Contains("\"action\":\"machine\"", StringComparison.Ordinal) && text.Contains("\"request\":\"bad\"", StringComparison.Ordinal)), () => node.Log);
    }

    [Fact]
    public async Task Rows_outlive_a_restart_and_name_no_more_machines_than_fit()
    {
        await using var node = new TestNode();
        node.Machines("many.yaml", "checks:\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"  - {{ name: m{i:000}, builtin: heartbeat, interval: 1h }}\n")));
        await node.StartAsync();
        await node.AskAsync("maintenance", """{"all":true,"for_s":60}""");
        await node.StopAsync();
        await node.StartAsync();
        JsonElement data = Assert.Single(await RowsAsync(node)).GetProperty("data");
        Assert.Equal((200, 100), (data.GetProperty("machines").GetArrayLength(), data.GetProperty("more").GetInt32()));
        Assert.Single(Requests(await HistoryAsync(node, """{"machines":["m299"],"kinds":["audit"]}""")));
    }

    private static async Task<JsonElement[]> RowsAsync(TestNode node) => await HistoryAsync(node, """{"kinds":["audit"]}""");

    private static async Task<JsonElement[]> HistoryAsync(TestNode node, string args) =>
        [.. (await node.AskAsync("history", args)).GetProperty("results")[0].GetProperty("events").EnumerateArray()];

    private static IEnumerable<string> Requests(JsonElement[] events) =>
        events.Where(one => one.GetProperty("type").GetString() == "io.scout.node.audit.v1").Select(one => one.GetProperty("data").GetProperty("request").GetString()!);

    private static async Task<TestNode> StartedAsync(IRequestPolicy? policy = null)
    {
        var node = new TestNode { Policy = policy ?? new OpenPolicy() };
        node.Machines("m.yaml", "checks: [ { name: disk, builtin: heartbeat, interval: 1h, splay: 0 }, { name: pay, builtin: heartbeat, interval: 1h, splay: 0 } ]\n");
        await node.StartAsync();
        await Wait.UntilAsync(async () => await node.StateAsync("disk") == "OK" && await node.StateAsync("pay") == "OK", () => node.Log);
        return node;
    }

    private sealed class Denying(bool all) : IRequestPolicy
    {
        public string? Refuses(RpcCaller caller, RpcRequest request) => all && Protocol.RpcActions.IsEffect(request.Action) ? "not today" : null;

        public string? Refuses(RpcCaller caller, RpcRequest request, string machine, IReadOnlyDictionary<string, string> labels) =>
            machine == "pay" && Protocol.RpcActions.IsEffect(request.Action) ? "ask the payments team" : null;
    }
}
