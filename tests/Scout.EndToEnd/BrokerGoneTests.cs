using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>Machines go on without a broker; afterwards everything arrives, in order, once.</summary>
[Trait("fault", "R3")]
public sealed class BrokerGoneTests
{
    [Fact]
    public async Task A_node_starts_and_checks_with_no_broker_in_sight()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "lonely", $"nats://127.0.0.1:{ScoutExecutable.FreePort()}");
        node.Define("beat.yaml", "checks:\n  - { name: beat, builtin: heartbeat, interval: 1s, splay: 0 }\n");
        await node.StartAsync();
        await node.ReachesAsync("beat", "OK");
        Assert.Equal(0, await node.StopAsync());
    }

    [Fact]
    public async Task All_transitions_of_an_outage_arrive_in_order_and_once()
    {
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker.Url);
        // Each run turns a counter file, so that every second look is CRITICAL: a transition a look.
        node.Define("turn.yaml", $"""
            checks:
              - name: turn
                plugin: [/bin/sh, -c, 'f={folder.File("count")}; n=$(cat $f 2>/dev/null || echo 0); echo $((n + 1)) > $f; echo "run $n"; exit $((n % 2 * 2))']
                interval: 500ms
                splay: 0
                flapping: off
            """);
        await node.StartAsync();
        await node.ReachesAsync("turn", "CRITICAL");

        await broker.StopAsync();
        int before = Count(folder);
        await Until.TrueAsync("checks go on without the broker", () => Count(folder) >= before + 12);
        await broker.StartAgainAsync();
        int after = Count(folder);

        List<JsonElement> transitions = [];
        await Until.TrueAsync(
            "every transition in the stream",
            async () =>
            {
                CommandResult events = await ScoutExecutable.RunAsync(
                    ["events", "web1/turn", "--kind", "transition", "--since", "1h", "-o", "jsonl"],
                    new Dictionary<string, string> { ["SCOUT_BROKER"] = broker.Url });
                if (events.ExitCode != 0) return false;
                transitions = [.. events.JsonLines()];
                return transitions.Count >= after - 1;
            },
            TimeSpan.FromSeconds(30),
            () => $"{transitions.Count} transitions of {after} runs\n{node.Process.Output}");

        Assert.Equal(transitions.Count, transitions.Select(line => line.GetProperty("id").GetString()).Distinct().Count());
        string[] sequences = [.. transitions.Select(line => line.GetProperty("sequence").GetString()!)];
        Assert.Equal(sequences.Order(StringComparer.Ordinal), sequences);
        for (int i = 1; i < transitions.Count; i++)
        {
            Assert.Equal(
                transitions[i - 1].GetProperty("data").GetProperty("to").GetString(),
                transitions[i].GetProperty("data").GetProperty("from").GetString());
        }
    }

    private static int Count(TempFolder folder)
    {
        try
        {
            return int.Parse(File.ReadAllText(folder.File("count")), null);
        }
        catch (Exception error) when (error is IOException or FormatException)
        {
            return 0;
        }
    }
}
