using System.Globalization;
using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>
/// <c>kill -9</c> at any moment, under load (reliability.md R1): what was answered is there afterwards, with its deadline, and every event arrives once. <c>SCOUT_LANE=extended</c> kills 200
/// times, and looks at the pace after two of the restarts.
/// </summary>
[Trait("fault", "R1")]
public sealed class KillTests
{
    private const int Machines = 50;

    /// <summary>Checks that are always CRITICAL, so that an acknowledgement stays.</summary>
    private const int Bad = 3;

    private static readonly bool Extended = Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended";
    private static readonly int Kills = Extended ? 200 : 20;
    private static readonly int LongestLife = Extended ? 2_000 : 750;

    private readonly Dictionary<string, Expected> expected = [];
    private Random random = new(0);

    [Fact]
    public async Task Twenty_kills_under_load_lose_nothing_that_was_answered_or_told()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("SCOUT_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 20261121;
        random = new Random(seed);
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker.Url);
        Define(node);
        int answered = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            string moment = $"seed {seed}, after kill {kill}";
            await node.StartAsync();
            using var client = new SocketClient(node.Socket);
            await VerifyAsync(client, node, moment);
            if (Extended && kill is 50 or 150) await AssertPaceAsync(client, moment);
            using var stop = new CancellationTokenSource();
            Task<int> commands = CommandAsync(client, stop.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(200 + random.Next(LongestLife - 200)), TimeProvider.System);
            await node.KillAsync();
            await stop.CancelAsync();
            answered += await commands;
        }

        await node.StartAsync();
        using (var client = new SocketClient(node.Socket)) await VerifyAsync(client, node, $"seed {seed}, at the end");
        Assert.True(answered > Kills, $"only {answered} commands were answered");
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
        await AssertStreamsAsync(broker);
    }

    private static void Define(ScoutNode node)
    {
        node.Define("load.yaml", "checks:\n" + string.Concat(Enumerable.Range(0, Machines).Select(i =>
            $"  - {{ name: m{i}, plugin: [/bin/sh, -c, 'exit $(( ($(date +%s) / 2 + {i}) % 3 ))'], interval: 1s, flapping: off, splay: 1s }}\n"))
            + string.Concat(Enumerable.Range(0, Bad).Select(i => $"  - {{ name: bad{i}, plugin: [/bin/sh, -c, 'exit 2'], interval: 1s, flapping: off, splay: 0 }}\n")));
        node.Define("gate/machine.yaml", """
            name: gate
            version: 1.0.0
            initial_state: SHUT
            transitions:
              - { name: open, from: [SHUT], destination: OPEN }
              - { name: shut, from: [OPEN], destination: SHUT }
            watchers:
              - { name: idle, type: exec, interval: 1h, state_match: [OPEN], properties: { command: /bin/true } }
            """);
    }

    /// <summary>Every event is in a stream, once, in order of its machine, and no sequence is missing but startups that the lifecycle stream has let go of.</summary>
    private static async Task AssertStreamsAsync(ScoutBroker broker)
    {
        await using RawJetStreamClient raw = await RawJetStreamClient.ConnectAsync(broker.Port);
        List<JsonElement> stored = [.. (await raw.PullAsync("SCOUT_EVENTS", "scout.event.>", 1_000_000)).Select(message => JsonDocument.Parse(message.Body).RootElement)];
        List<JsonElement> lives = [.. (await raw.PullAsync("SCOUT_LIFECYCLE", "scout.lifecycle.>", 100)).Select(message => JsonDocument.Parse(message.Body).RootElement)];
        string[] ids = [.. stored.Select(line => line.GetProperty("id").GetString()!)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        foreach (IGrouping<string, JsonElement> machine in stored.GroupBy(line => line.GetProperty("subject").GetString()!))
        {
            string[] sequences = [.. machine.Select(line => line.GetProperty("sequence").GetString()!)];
            Assert.Equal(sequences.Order(StringComparer.Ordinal), sequences);
        }

        AssertTransitionsChain(stored);
        HashSet<long> there = [.. stored.Concat(lives).Where(line => line.TryGetProperty("sequence", out _)).Select(line => long.Parse(line.GetProperty("sequence").GetString()!.AsSpan(11), CultureInfo.InvariantCulture))];
        long[] missing = [.. Enumerable.Range(1, (int)there.Max()).Select(static one => (long)one).Where(one => !there.Contains(one))];
        int startups = lives.Count(line => line.GetProperty("type").GetString() == "io.scout.node.startup.v1");
        Assert.True(missing.Length == Kills + 1 - startups, $"missing: {string.Join(' ', missing)}; {Kills + 1} starts, of which the stream has {startups}");
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

    /// <summary>Alone for five seconds: the first result is there soon, and there is no burst.</summary>
    private static async Task AssertPaceAsync(SocketClient client, string moment)
    {
        await using var canary = new Canary();
        DateTimeOffset began = TimeProvider.System.GetUtcNow();
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        JsonElement? reply = await client.AskAsync("history", string.Create(CultureInfo.InvariantCulture, $$"""{"kinds":["state","transition","check"],"since":"{{began:O}}","limit":1000}"""));
        DateTimeOffset first = reply!.Value.GetProperty("results")[0].GetProperty("events").EnumerateArray().Select(one => one.GetProperty("time").GetDateTimeOffset()).Min();
        Assert.True(first - began < TimeSpan.FromSeconds(2) + canary.Lag, $"{moment}: the first event came {first - began} after the start");
    }

    private async Task<int> CommandAsync(SocketClient client, CancellationToken stop)
    {
        int answered = 0;
        while (!stop.IsCancellationRequested)
        {
            (string action, string args, string machine, Expected? asked) = Next();
            Expected before = expected.GetValueOrDefault(machine, Expected.Nothing);
            // Until the answer is read, both outcomes are possible.
            if (asked is not null) expected[machine] = asked with { Sure = false, Before = before };
            JsonElement? reply = await client.AskAsync(action, args);
            if (reply is null) return answered;
            string code = reply.Value.GetProperty("code").GetString()!;
            if (code == "ok" && asked is not null)
            {
                JsonElement result = reply.Value.GetProperty("results")[0];
                expected[machine] = asked with { Until = asked.Reason is not null && action == "maintenance" ? result.GetProperty("until").GetString() : null };
            }
            else if (asked is not null)
            {
                // A check that nobody has looked at yet has nothing to acknowledge.
                if (action != "acknowledge" || code != "not_allowed") throw new InvalidOperationException($"{machine}: {reply}");
                expected[machine] = before;
            }

            answered++;
        }

        return answered;
    }

    private (string Action, string Args, string Machine, Expected? Asked) Next()
    {
        string reason = string.Create(CultureInfo.InvariantCulture, $"reason {random.Next()}");
        string machine = string.Create(CultureInfo.InvariantCulture, $"m{random.Next(Machines)}");
        switch (random.Next(8))
        {
            case 0:
                machine = string.Create(CultureInfo.InvariantCulture, $"bad{random.Next(Bad)}");
                return ("acknowledge", $$"""{"machines":["{{machine}}"],"reason":"{{reason}}"}""", machine, Expected.Nothing with { Acknowledged = reason });
            case 1:
                bool open = expected.GetValueOrDefault("gate", Expected.Nothing).State != "OPEN";
                return ("transition", $$"""{"machine":"gate","transition":"{{(open ? "open" : "shut")}}"}""", "gate", Expected.Nothing with { State = open ? "OPEN" : "SHUT" });
            case 2:
                return ("check", $$"""{"machines":["{{machine}}"]}""", machine, null);
            default:
                bool start = expected.GetValueOrDefault(machine, Expected.Nothing).Reason is null;
                return start
                    ? ("maintenance", $$"""{"machines":["{{machine}}"],"for_s":3600,"reason":"{{reason}}"}""", machine, Expected.Nothing with { Reason = reason })
                    : ("resume", $$"""{"machines":["{{machine}}"]}""", machine, Expected.Nothing);
        }
    }

    private async Task VerifyAsync(SocketClient client, ScoutNode node, string moment)
    {
        // Nothing but the tail of the journal may have needed mending: a kill leaves the page cache.
        Assert.DoesNotContain("WARNING store", node.Process.Output, StringComparison.Ordinal);
        JsonElement? reply = await client.AskAsync("machines", "{}");
        var rows = reply!.Value.GetProperty("results").EnumerateArray().ToDictionary(row => row.GetProperty("machine").GetString()!, row => row.GetProperty("record"));
        Assert.Equal(Machines + Bad + 1, rows.Count);
        foreach ((string machine, Expected wanted) in expected.ToArray())
        {
            Expected found = Expected.Of(rows[machine], wanted.State is not null);
            bool possible = found.Fits(wanted) || (!wanted.Sure && wanted.Before is { } before && found.Fits(before));
            Assert.True(possible, $"{moment}: {machine} has {found}, expected was {wanted}");
            if (found.Reason is not null) Assert.Equal("MAINTENANCE", rows[machine].GetProperty("state").GetString());
            expected[machine] = found;
        }
    }

    /// <param name="Reason">Of the maintenance that must be there; null: none.</param>
    /// <param name="Until">Its deadline; null while it is not known.</param>
    /// <param name="Acknowledged">Reason of the acknowledgement.</param>
    /// <param name="State">Of a machine that only people move.</param>
    private sealed record Expected(string? Reason, string? Until, string? Acknowledged, string? State)
    {
        public static Expected Nothing { get; } = new(null, null, null, null);

        /// <summary>The answer was read.</summary>
        public bool Sure { get; init; } = true;

        /// <summary>The other possibility while the answer is not known.</summary>
        public Expected? Before { get; init; }

        /// <summary>What there is of the kind that is expected.</summary>
        public static Expected Of(JsonElement row, bool withState)
        {
            JsonElement? maintenance = row.TryGetProperty("maintenance", out JsonElement one) && one.ValueKind == JsonValueKind.Object ? one : null;
            JsonElement? acknowledged = row.TryGetProperty("acknowledged", out JsonElement other) && other.ValueKind == JsonValueKind.Object ? other : null;
            return new Expected(
                maintenance?.GetProperty("reason").GetString(), maintenance?.GetProperty("until").GetString(), acknowledged?.GetProperty("reason").GetString(),
                withState ? row.GetProperty("state").GetString() : null);
        }

        public bool Fits(Expected wanted) =>
            Reason == wanted.Reason && (wanted.Until is null || Until == wanted.Until) && (wanted.Acknowledged is null || Acknowledged == wanted.Acknowledged) && (wanted.State is null || State == wanted.State);
    }
}
