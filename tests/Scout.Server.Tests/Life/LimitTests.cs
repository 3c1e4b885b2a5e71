using Scout.Server.Tests.Metrics;

namespace Scout.Server.Tests.Life;

/// <summary>What a bound cost is counted, each at its own name (server.md section 8).</summary>
[Collection("node")]
public sealed class LimitTests
{
    [Theory]
    [InlineData("stderr", "echo OK; head -c 20000 /dev/zero | tr '\\0' x >&2")]
    [InlineData("perfdata_items", "echo \"OK|$(seq -f 'a%g=1' 600 | tr '\\n' ' ')\"")]
    [InlineData("output", "head -c 100000 /dev/zero | tr '\\0' x")]
    [InlineData("output_kill", "head -c 3000000 /dev/zero | tr '\\0' x")]
    public async Task What_a_plugin_prints_too_much_of_is_counted(string limit, string body)
    {
        await using var node = new TestNode();
        node.Machines("m.yaml", $"checks: [ {{ name: loud, plugin: {node.Plugin("loud", body)}, interval: 1h, splay: 0 }} ]\n");
        await node.StartAsync();
        await Wait.UntilAsync(async () => await LimitAsync(node, limit) == 1, () => node.Log);
    }

    [Fact]
    public async Task Data_that_do_not_fit_are_counted()
    {
        await using var node = new TestNode();
        string plugin = node.Plugin("look", "printf '{\"a\":\"'; head -c 66000 /dev/zero | tr '\\0' x; printf '\"}'");
        node.Machines("m.yaml", $"""
            name: m
            version: 1.0.0
            initial_state: A
            transitions: [ {"{"} name: go, from: [A], destination: B {"}"} ]
            watchers: [ {"{"} name: look, type: exec, interval: 1s, fail_transition: go, properties: {"{"} command: {plugin}, parse_as_data: true {"}"} {"}"} ]
            """);
        node.Arguments = node.Arguments with { Config = node.Folder.Write("server.yaml", "max_output: 128KiB\n") };
        await node.StartAsync();
        await Wait.UntilAsync(async () => await LimitAsync(node, "machine_data") >= 1, () => node.Log);
        Assert.Equal("B", await node.StateAsync("m"));
    }

    [Fact]
    public async Task Processes_that_outlive_their_run_are_counted_by_their_fate()
    {
        await using var node = new TestNode();
        string plugin = node.Plugin("daemon", "setsid sleep 60 >/dev/null 2>&1 </dev/null &\nwhile ! pgrep -g $! sleep >/dev/null 2>&1; do :; done\necho OK");
        node.Machines("m.yaml", $"checks: [ {{ name: mother, plugin: {plugin}, interval: 1h, splay: 0 }} ]\n");
        await node.StartAsync();
        await Wait.UntilAsync(async () => (await SeriesAsync(node, "scout_orphans_total", "fate", "kept")) == 1, () => node.Log);
        for (int i = 0; i < 8; i++) await node.AskAsync("check", """{"machines":["mother"],"wait_ms":5000}""");
        await Wait.UntilAsync(async () => await LimitAsync(node, "orphans") == 1, () => node.Log);
        Assert.Equal(9, await SeriesAsync(node, "scout_orphans_total", "fate", "kept"));
    }

    private static Task<double> LimitAsync(TestNode node, string limit) => SeriesAsync(node, "scout_limit_reached_total", "limit", limit);

    private static async Task<double> SeriesAsync(TestNode node, string family, string label, string value)
    {
        Dictionary<string, double> series = ExpositionParser.Parse((await node.GetAsync("/metrics"))[4..]);
        return series[$"{family}{{node=\"{node.Name}\",{label}=\"{value}\"}}"];
    }
}
