using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>What a user types about the mesh, on real servers with a real broker: at rest, with a dead node, and without a broker.</summary>
public sealed class MeshCommandTests
{
    private const int Nodes = 4;

    [Fact]
    public async Task The_mesh_is_told_at_rest_with_a_dead_node_and_without_a_broker()
    {
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder, withHttp: true);
        ScoutNode[] nodes = [.. Enumerable.Range(1, Nodes).Select(i => ScoutNode.Create(
            folder, $"m{i}", broker.Url, $"zone: {(i <= 2 ? "a" : "b")}\nmesh: {{ listen: {{ address: 127.0.22.{i} }}, tcp: {{ interval: 2s }} }}\n"))];
        try
        {
            await Task.WhenAll(nodes.Select(node => node.StartAsync()));
            await AtRestAsync(broker);
            await LosesNodeAsync(broker, nodes);
            await nodes[0].StopAsync();
            await broker.StopAsync();
            Assert.Equal(3, (await ScoutAsync(broker, "mesh")).ExitCode);
            Assert.Equal(3, (await ScoutAsync(broker, "mesh", "faults")).ExitCode);
            CommandResult alone = await nodes[1].ScoutAsync("mesh");
            Assert.Contains("m3", alone.Stdout, StringComparison.Ordinal);
            Assert.Equal(1, alone.ExitCode);
        }
        finally
        {
            foreach (ScoutNode node in nodes) await node.DisposeAsync();
        }
    }

    private static async Task AtRestAsync(ScoutBroker broker)
    {
        CommandResult? page = null;
        await Until.TrueAsync(
            "all nodes report, with a matrix",
            async () =>
            {
                page = await ScoutAsync(broker, "mesh", "-o", "json");
                if (page.ExitCode != 0 || page.Json().GetProperty("reporting").GetInt32() != Nodes) return false;
                page = await ScoutAsync(broker, "mesh", "matrix", "-o", "json");
                return page.ExitCode == 0 && page.Stdout.Contains("\"b\"", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(40),
            () => $"{page}");
        await ExpectAsync(broker, 0, ["mesh"], "4 nodes, 2 zones, full mesh: 12 paths", "no open fault");
        await ExpectAsync(broker, 0, ["mesh", "--nagios"], "MESH OK");
        await ExpectAsync(broker, 0, ["mesh", "--node", "m2"], "m1", "m4");
        await ExpectAsync(broker, 0, ["mesh", "faults"], "no fault");
        await ExpectAsync(broker, 0, ["mesh", "matrix"], "loss %", "from a");
        await ExpectAsync(broker, 0, ["mesh", "matrix", "--by", "node", "--metric", "p50"], "m1", "m4");
        await ExpectAsync(broker, 0, ["mesh", "diagnose", "m1", "m3"], "m1", "m3");
        await ExpectAsync(broker, 0, ["mesh", "diagnose", "m2"], "m2");
        await ExpectAsync(broker, 0, ["mesh", "probe", "m1", "m3", "--proto", "tcp"], "1 of 1 answered");
        await ExpectAsync(broker, 0, ["mesh", "probe", "m1", "m3"], "5 of 5 answered");
        await ExpectAsync(broker, 2, ["mesh", "matrix", "--by", "rack"]);
        await ExpectAsync(broker, 2, ["mesh", "--live", "--node", "m1"]);
        Assert.NotEqual(0, (await ScoutAsync(broker, "mesh", "diagnose", "nobody")).ExitCode);

        using var client = new HttpClient();
        string[] wanted =
        [
            "scout_mesh_expected_nodes 4", "scout_mesh_reporting_nodes 4", "scout_mesh_zone_loss_ratio{src_zone=\"a\",dst_zone=\"b\"} ", "scout_mesh_zone_rtt_seconds{src_zone=\"b\",dst_zone=\"a\",quantile=\"0.99\"} ",
            "scout_mesh_faults_total{kind=\"node\"} ", "scout_mesh_lease 1", "scout_mesh_localise_seconds ", "scout_mesh_telemetry_ignored_total{reason=\"malformed\"} 0",
        ];
        string series = "";
        await Until.TrueAsync(
            "the broker's series",
            async () =>
            {
                series = await client.GetStringAsync(broker.Metrics);
                return wanted.All(one => series.Contains("\n" + one, StringComparison.Ordinal));
            },
            TimeSpan.FromSeconds(30),
            () => series);
    }

    private static async Task LosesNodeAsync(ScoutBroker broker, ScoutNode[] nodes)
    {
        await using ChildProcess live = ChildProcess.Start(ScoutExecutable.Path, ["mesh", "--live", "--broker", broker.Url]);
        await live.PrintedAsync("listening", TimeSpan.FromSeconds(20));
        // It has to hear the roster and a beat of each node first.
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        await nodes[3].KillAsync();
        CommandResult? faults = null;
        await Until.TrueAsync(
            "the dead node is confirmed and down",
            async () => (faults = await ScoutAsync(broker, "mesh", "faults")).Stdout.Contains("node m4 down", StringComparison.Ordinal) && faults.Stdout.Contains("confirmed", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30),
            () => $"{faults}\n{broker.Process.Output}");
        Assert.Equal(1, faults!.ExitCode);
        await ExpectAsync(broker, 1, ["mesh"], "node m4 down");
        await ExpectAsync(broker, 2, ["mesh", "--nagios"], "MESH CRITICAL");
        await ExpectAsync(broker, 1, ["mesh", "diagnose", "m4"], "m4");
        string id = (await ScoutAsync(broker, "mesh", "faults", "-o", "json")).Json().EnumerateArray().Select(static fault => fault.GetProperty("id").GetString()!).First();
        await ExpectAsync(broker, 1, ["mesh", "diagnose", id], "node m4", "down", "confirmed");
        await ExpectAsync(broker, 1, ["mesh", "probe", "m1", "m4", "--proto", "tcp"], "refused");
        await live.PrintedAsync("node m4", TimeSpan.FromSeconds(30));
        await Until.TrueAsync("it is confirmed here too", () => live.Output.Split('\n').Any(static line => line.Contains("  confirmed  f-", StringComparison.Ordinal) && line.Contains("node m4", StringComparison.Ordinal)), TimeSpan.FromSeconds(30), () => live.Output);
        live.Signal(2);
        Assert.Equal(130, await live.ExitAsync(TimeSpan.FromSeconds(20)));

        using var client = new HttpClient();
        Assert.Contains("\nscout_mesh_fault{kind=\"node\",component=\"m4\"", await client.GetStringAsync(broker.Metrics), StringComparison.Ordinal);
    }

    private static Task<CommandResult> ScoutAsync(ScoutBroker broker, params string[] arguments) => ScoutExecutable.RunAsync([.. arguments, "--broker", broker.Url]);

    private static async Task ExpectAsync(ScoutBroker broker, int code, string[] arguments, params string[] texts)
    {
        CommandResult result = await ScoutAsync(broker, arguments);
        Assert.True(result.ExitCode == code, $"scout {string.Join(' ', arguments)}: exit {result.ExitCode}, wanted {code}\n{result.Stdout}{result.Stderr}");
        Assert.All(texts, text => Assert.Contains(text, result.Stdout + result.Stderr, StringComparison.Ordinal));
    }
}
