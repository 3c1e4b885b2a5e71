using System.Text.Json;
using Scout.Server.Configuration;
using Scout.Server.Tests.Metrics;
using Scout.Server.Tests.Store;

namespace Scout.Server.Tests.Life;

/// <summary>A whole node on a disk that is full for a while (reliability.md R9, machines.md 5.2).</summary>
[Collection("node")]
[Trait("attack", "22")]
[Trait("fault", "R9")]
public sealed class DiskFullTests
{
    private const string Full = "No space left on device";

    [Fact]
    public async Task Commands_are_refused_clearly_machines_go_on_and_all_is_well_when_there_is_space_again()
    {
        var disk = new FaultFiles();
        await using TestNode node = Prepared(disk);
        await node.StartAsync();
        await node.ReachesAsync("watched", "OK");
        Assert.Equal("ok", Code(await node.AskAsync("maintenance", """{"machines":["kept"],"for_s":3600,"reason":"before"}""", id: "before-1")));

        disk.Fault = static (step, _) => step is Step.Write or Step.Create ? new IOException(Full) : null;
        JsonElement first = await node.AskAsync("maintenance", """{"machines":["other"],"for_s":3600,"reason":"while it fills"}""", id: "while-1");
        Assert.Equal("internal", Code(first));
        // Also the one that finds it out: its row could not be written, so nothing was done.
        Assert.Equal($"the node store cannot write, so nothing was changed: {Full}", Message(first));
        Assert.NotEqual("MAINTENANCE", await node.StateAsync("other"));
        JsonElement second = await node.AskAsync("maintenance", """{"machines":["watched"],"for_s":3600}""");
        Assert.Equal(("internal", $"the node store cannot write, so nothing was changed: {Full}"), (Code(second), Message(second)));
        Assert.Equal("OK", await node.StateAsync("watched"));
        JsonElement again1 = await node.AskAsync("maintenance", """{"machines":["kept"],"for_s":3600,"reason":"before"}""", id: "before-1");
        Assert.Equal("internal", Code(again1));
        Assert.Contains("this request was taken before, ask again when the disk is back", Message(again1), StringComparison.Ordinal);

        // Machines go on: results, transitions, textfile and metrics. What must be counted first waits.
        node.Folder.Write("state", "2");
        await node.AskAsync("check", """{"machines":["watched"]}""");
        await node.ReachesAsync("watched", "CRITICAL");
        Assert.Equal(Full, (await node.AskAsync("ping")).GetProperty("results")[0].GetProperty("degraded_reason").GetString());
        Assert.Equal(1, (await SeriesAsync(node))[$"scout_store_degraded{{node=\"{node.Name}\"}}"]);
        Assert.False(File.Exists(node.Folder.File("remedied")));

        disk.Fault = null;
        await Wait.UntilAsync(async () => Code(await node.AskAsync("maintenance", """{"machines":["second"],"for_s":3600,"reason":"after"}""")) == "ok", () => node.Log);
        Assert.Equal("ok", Code(await node.AskAsync("maintenance", """{"machines":["kept"],"for_s":3600,"reason":"before"}""", id: "before-1")));
        await Wait.UntilAsync(() => File.Exists(node.Folder.File("remedied")), () => node.Log);
        Assert.Equal(0, (await SeriesAsync(node))[$"scout_store_degraded{{node=\"{node.Name}\"}}"]);
        Assert.True(node.Log.Contains(Full, StringComparison.Ordinal), node.Log);

        // What was answered, and what happened meanwhile, is on the disk: a node that is killed now finds it.
        await using TestNode again = After(node, disk);
        await again.StartAsync();
        foreach ((string machine, string reason) in ((string, string)[])[("kept", "before"), ("second", "after")]) await HeldAsync(again, machine, reason);
        Assert.NotEqual("MAINTENANCE", await again.StateAsync("other"));
        // A check may have found the disk full before the request did; then the row stands in audit.jsonl alone.
        string[] decisions = await DecisionsAsync(again, "while-1");
        Assert.True(decisions is [] or ["allowed", "refused"], string.Join(' ', decisions));
        JsonElement history = (await again.AskAsync("history", """{"machines":["watched"],"kinds":["transition"]}""")).GetProperty("results")[0].GetProperty("events");
        Assert.Contains(history.EnumerateArray(), one => one.GetProperty("data").GetProperty("to").GetString() == "CRITICAL");
    }

    [Theory]
    [InlineData("short")]
    [InlineData("sync")]
    [InlineData("broken")]
    public async Task Other_ways_of_a_disk_to_fail_are_told_and_got_over_too(string way)
    {
        var disk = new FaultFiles { ShortWrite = way == "short" ? 7 : 0 };
        await using TestNode node = Prepared(disk);
        await node.StartAsync();
        await node.ReachesAsync("watched", "OK");
        disk.Fault = (step, _) => (way, step) switch
        {
            ("sync", Step.Sync) or ("short", Step.Write) => new IOException(Full),
            ("broken", Step.Write or Step.Create or Step.Sync) => new IOException("Input/output error"),
            _ => null,
        };
        Assert.Equal("internal", Code(await node.AskAsync("maintenance", """{"machines":["other"],"for_s":3600}""")));
        disk.Fault = null;
        // Whether the request met the fault itself, or a store that knew of it already and changed nothing, hangs on a check every second: both are brought to one state.
        await Wait.UntilAsync(async () => Code(await node.AskAsync("maintenance", """{"machines":["other"],"for_s":3600}""")) == "ok", () => node.Log);
        await Wait.UntilAsync(async () => Code(await node.AskAsync("resume", """{"machines":["other"]}""")) == "ok", () => node.Log);
        await using TestNode again = After(node, disk);
        await again.StartAsync();
        await Wait.UntilAsync(async () => await again.StateAsync("other") is "UNKNOWN" or "OK", () => again.Log);
    }

    [Fact]
    public async Task A_node_that_starts_on_a_full_disk_runs_its_checks_and_recovers()
    {
        var disk = new FaultFiles { Fault = static (step, _) => step is Step.Write ? new IOException(Full) : null };
        await using TestNode node = Prepared(disk);
        await node.StartAsync();
        await node.ReachesAsync("watched", "OK");
        Assert.Equal("internal", Code(await node.AskAsync("maintenance", """{"machines":["other"],"for_s":3600}""")));
        disk.Fault = null;
        await Wait.UntilAsync(async () => Code(await node.AskAsync("maintenance", """{"machines":["other"],"for_s":3600}""")) == "ok", () => node.Log);
    }

    private static async Task<string[]> DecisionsAsync(TestNode node, string request)
    {
        JsonElement rows = (await node.AskAsync("history", """{"kinds":["audit"]}""")).GetProperty("results")[0].GetProperty("events");
        return [.. rows.EnumerateArray().Select(one => one.GetProperty("data")).Where(row => row.GetProperty("request").GetString() == request).Select(row => row.GetProperty("decision").GetString()!)];
    }

    private static async Task HeldAsync(TestNode node, string machine, string reason)
    {
        JsonElement record = (await node.AskAsync("machine", $$"""{"machine":"{{machine}}"}""")).GetProperty("results")[0].GetProperty("record");
        Assert.Equal(("MAINTENANCE", reason), (record.GetProperty("state").GetString(), record.GetProperty("maintenance").GetProperty("reason").GetString()));
    }

    /// <summary>Another life on what a kill of this one would leave.</summary>
    private static TestNode After(TestNode node, FaultFiles disk)
    {
        TestNode again = Prepared(new FaultFiles(), node.Name);
        again.StoreFiles = FaultFiles.With(disk.Contents().ToDictionary(file => file.Key.Replace(node.DataFolder, again.DataFolder, StringComparison.Ordinal), file => file.Value));
        return again;
    }

    private static string Code(JsonElement reply) => reply.GetProperty("code").GetString()!;

    private static string Message(JsonElement reply) => reply.GetProperty("message").GetString()!;

    private static async Task<Dictionary<string, double>> SeriesAsync(TestNode node) => ExpositionParser.Parse((await node.GetAsync("/metrics"))[4..]);

    private static TestNode Prepared(FaultFiles disk, string? name = null)
    {
        var node = new TestNode { StoreFiles = disk };
        if (name is not null) node.Name = name;
        string state = node.Folder.Write("state", "0");
        string look = node.Plugin("look", $"read state < {state}; echo looked; exit $state");
        string remedy = node.Plugin("remedy", $"touch {node.Folder.File("remedied")}");
        // One that is checked every second and mended with a budget; three that only people move.
        node.Machines("m.yaml", $"""
            checks:
              - name: watched
                plugin: {look}
                interval: 1s
                splay: 0
                remediate: {"{"} command: {remedy}, when: [CRITICAL] {"}"}
              - {"{"} name: kept, builtin: heartbeat, interval: 1h {"}"}
              - {"{"} name: other, builtin: heartbeat, interval: 1h {"}"}
              - {"{"} name: second, builtin: heartbeat, interval: 1h {"}"}
            """);
        node.Arguments = new ServerArguments { Http = "127.0.0.1:0" };
        return node;
    }
}
