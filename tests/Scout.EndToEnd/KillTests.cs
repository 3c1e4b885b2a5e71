using System.Globalization;
using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary><c>kill -9</c> at any moment, under load: what was answered is there afterwards, and every event arrives once.</summary>
public sealed class KillTests
{
    private const int Kills = 20;
    private const int Machines = 50;

    [Fact]
    public async Task Twenty_kills_under_load_lose_nothing_that_was_answered_or_told()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("SCOUT_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 20261121;
        var random = new Random(seed);
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker.Url);
        node.Define("load.yaml", "checks:\n" + string.Concat(Enumerable.Range(0, Machines).Select(i =>
            $"  - {{ name: m{i}, plugin: [/bin/sh, -c, 'exit $(( ($(date +%s) / 2 + {i}) % 3 ))'], interval: 1s, flapping: off, splay: 1s }}\n")));

        var expected = new Dictionary<string, Expected>();
        int answered = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            await node.StartAsync();
            await VerifyAsync(node, expected, $"seed {seed}, after kill {kill}");

            using var stop = new CancellationTokenSource();
            using var client = new SocketClient(node.Socket);
            Task<int> commands = CommandAsync(client, random, expected, stop.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(200 + random.Next(700)), TimeProvider.System);
            await node.KillAsync();
            await stop.CancelAsync();
            answered += await commands;
        }

        await node.StartAsync();
        await VerifyAsync(node, expected, $"seed {seed}, at the end");
        Assert.True(answered > Kills, $"only {answered} commands were answered");

        // Every event that the node's own history holds is in the stream, once, and no sequence is missing there.
        string last = "";
        List<JsonElement> stored = [];
        await Until.TrueAsync(
            "the outbox is empty",
            async () =>
            {
                CommandResult ping = await ScoutExecutable.RunAsync(["nodes", "-o", "json", "--broker", broker.Url]);
                return ping.ExitCode == 0 && ping.Json()[0].GetProperty("outbox").GetInt64() < 20;
            },
            TimeSpan.FromSeconds(40),
            () => node.Process.Output);
        await node.StopAsync();
        CommandResult all = await ScoutExecutable.RunAsync(["events", "--since", "1h", "-o", "jsonl", "--broker", broker.Url]);
        Assert.True(all.ExitCode == 0, all.ToString());
        stored = [.. all.JsonLines()];
        string[] ids = [.. stored.Select(line => line.GetProperty("id").GetString()!)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        foreach (IGrouping<string, JsonElement> machine in stored.GroupBy(line => line.GetProperty("subject").GetString()!))
        {
            string[] sequences = [.. machine.Select(line => line.GetProperty("sequence").GetString()!)];
            Assert.Equal(sequences.Order(StringComparer.Ordinal), sequences);
            last = sequences[^1];
        }

        Assert.NotEmpty(last);
        AssertTransitionsChain(stored);
    }

    private static void AssertTransitionsChain(List<JsonElement> stored)
    {
        foreach (IGrouping<string, JsonElement> machine in stored.Where(line => line.GetProperty("type").GetString() == "io.scout.machine.transition.v1")
            .GroupBy(line => line.GetProperty("subject").GetString()!))
        {
            string? state = null;
            foreach (JsonElement transition in machine)
            {
                JsonElement data = transition.GetProperty("data");
                if (state is not null) Assert.Equal(state, data.GetProperty("from").GetString());
                state = data.GetProperty("to").GetString();
            }
        }
    }

    private static async Task<int> CommandAsync(SocketClient client, Random random, Dictionary<string, Expected> expected, CancellationToken stop)
    {
        int answered = 0;
        while (!stop.IsCancellationRequested)
        {
            string machine = string.Create(CultureInfo.InvariantCulture, $"m{random.Next(Machines)}");
            Expected? before = expected.GetValueOrDefault(machine);
            bool start = before?.Reason is null;
            string reason = string.Create(CultureInfo.InvariantCulture, $"reason {random.Next()}");
            // Until the answer is read, both outcomes are possible.
            expected[machine] = new Expected(start ? reason : null, before?.Reason, Sure: false);
            string args = start
                ? $$"""{"machines":["{{machine}}"],"for_s":3600,"reason":"{{reason}}"}"""
                : $$"""{"machines":["{{machine}}"]}""";
            JsonElement? reply = await client.AskAsync(start ? "maintenance" : "resume", args);
            if (reply is null) return answered;
            string? code = reply.Value.GetProperty("code").GetString();
            if (code == "ok") expected[machine] = new Expected(start ? reason : null, null, Sure: true);
            else throw new InvalidOperationException($"{machine}: {reply}");
            answered++;
        }

        return answered;
    }

    private static async Task VerifyAsync(ScoutNode node, Dictionary<string, Expected> expected, string moment)
    {
        CommandResult status = await node.ScoutAsync("status", "-o", "json");
        Assert.True(status.ExitCode == 0, $"{moment}: {status}\n{node.Process.Output}");
        var rows = status.Json().EnumerateArray().ToDictionary(row => row.GetProperty("machine").GetString()!);
        Assert.Equal(Machines, rows.Count);
        foreach ((string machine, Expected wanted) in expected.ToArray())
        {
            JsonElement maintenance = rows[machine].GetProperty("maintenance");
            string? reason = maintenance.ValueKind == JsonValueKind.Object ? maintenance.GetProperty("reason").GetString() : null;
            if (wanted.Sure) Assert.True(reason == wanted.Reason, $"{moment}: {machine} has '{reason}', answered was '{wanted.Reason}'");
            else Assert.True(reason == wanted.Reason || reason == wanted.Before, $"{moment}: {machine} has '{reason}', possible were '{wanted.Reason}' and '{wanted.Before}'");
            if (reason is not null) Assert.Equal("MAINTENANCE", rows[machine].GetProperty("state").GetString());
            expected[machine] = new Expected(reason, null, Sure: true);
        }
    }

    /// <param name="Reason">Of the maintenance that must be there; null: none.</param>
    /// <param name="Before">The other possibility while the answer is not known.</param>
    private sealed record Expected(string? Reason, string? Before, bool Sure);
}
