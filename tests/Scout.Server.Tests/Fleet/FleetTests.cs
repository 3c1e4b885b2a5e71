using System.Collections.Concurrent;
using System.Globalization;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;
using Scout.Protocol.Reading;
using Scout.Testing;

namespace Scout.Server.Tests.Fleet;

/// <summary>A fleet on one real <c>nats-server</c> (reliability.md R13): a hundred nodes with ten machines each; with <c>SCOUT_LANE=extended</c> a thousand, or <c>SCOUT_FLEET</c>.</summary>
[Trait("fault", "R13")]
public sealed class FleetTests(ITestOutputHelper output)
{
    private const int Machines = 10;

    private static readonly bool Extended = Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended";
    private static readonly int Nodes = int.TryParse(Environment.GetEnvironmentVariable("SCOUT_FLEET"), CultureInfo.InvariantCulture, out int given) ? given : Extended ? 1_000 : 100;

    // Beside other tests a limit on time says more about the machine: what is held there is that nothing is lost, and the order of magnitude.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(Extended ? 2 : 10);
    private static readonly TimeSpan Back = TimeSpan.FromSeconds(Nodes > 100 || !Extended ? 30 : 5);

    [Fact]
    public async Task Every_transition_is_in_the_fleet_view_soon_and_after_a_cut_all_are_back_with_nothing_lost()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync();
        await using var proxy = new FaultProxy(server.Port);
        await using var reader = new NatsConnection(new NatsOpts { Url = server.Url });
        await reader.ConnectAsync();
        var js = new NatsJSContext(reader);
        await using FleetView view = await FleetView.OpenAsync(reader);
        // Its answer comes after the server has heard of the subscription.
        await js.CreateStreamAsync(new StreamConfig("SCOUT_EVENTS", ["scout.event.*.*.*"]) { AllowDirect = true });
        await using var canary = new Canary();
        await using SimulatedFleet fleet = await SimulatedFleet.StartAsync(proxy.Url, Nodes, Machines);
        await Until.TrueAsync("the first states are stored", () => fleet.Nodes.All(node => node.Waiting == 0), TimeSpan.FromSeconds(60), () => Left(fleet));

        const int rounds = 10;
        for (int round = 0; round < rounds; round++)
        {
            foreach (SimulatedNode node in fleet.Nodes.Skip(round * Nodes / rounds).Take(Nodes / rounds)) node.Move();
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        await Until.TrueAsync("every transition in the view", () => view.Transitions == Nodes * Machines, TimeSpan.FromSeconds(60), () => $"{view.Transitions} of {Nodes * Machines}; {Left(fleet)}");
        TimeSpan late = view.Percentile(0.99);
        TimeSpan lag = canary.Lag;

        // An acknowledgement goes further than what it is for: what lacks one when the lines are cut is published again, and the view meets it twice.
        await Until.TrueAsync("nothing waits", () => fleet.Nodes.All(node => node.Waiting == 0), TimeSpan.FromSeconds(60), () => Left(fleet));

        // All lines are cut at once, and every machine moves before the first is back.
        proxy.Refuse = true;
        proxy.Cut();
        await Until.TrueAsync("nobody is connected", () => fleet.Nodes.All(node => !node.IsConnected));
        foreach (SimulatedNode node in fleet.Nodes) node.Move();
        long start = TimeProvider.System.GetTimestamp();
        proxy.Refuse = false;
        await Until.TrueAsync(
            "all are back and every transition is in the view", () => view.Transitions == 2 * Nodes * Machines && fleet.Nodes.All(node => node.IsConnected), TimeSpan.FromSeconds(90),
            () => $"{view.Transitions} of {2 * Nodes * Machines}, {fleet.Nodes.Count(node => node.IsConnected)} connected; {Left(fleet)}");
        TimeSpan back = TimeProvider.System.GetElapsedTime(start);
        output.WriteLine($"{Nodes} nodes x {Machines} machines: p99 {late.TotalMilliseconds:0} ms until seen, all back {back.TotalSeconds:0.0} s after the cut, lag {lag.TotalMilliseconds:0} ms");

        await Until.TrueAsync("nothing waits", () => fleet.Nodes.All(node => node.Waiting == 0), TimeSpan.FromSeconds(60), () => Left(fleet));
        await AssertWholeAsync(js, fleet);
        Assert.Equal(0, view.Ignored);
        Assert.True(late <= Soon + lag, $"99 of 100 transitions are seen within {late}, with a lag of {lag}");
        Assert.True(back <= Back + canary.Lag, $"all are back after {back}, with a lag of {canary.Lag}");
    }

    /// <summary>Every sequence that a node gave out is in the stream, once, and in order of its machine.</summary>
    private static async Task AssertWholeAsync(NatsJSContext js, SimulatedFleet fleet)
    {
        var stored = fleet.Nodes.ToDictionary(node => node.Name, _ => new List<(string Machine, long Counter)>());
        await foreach (NatsJSStreamMsg<byte[]> message in (await js.GetStreamAsync("SCOUT_EVENTS")).ReadRangeAsync<byte[]>())
        {
            Assert.True(CloudEventJson.TryRead(message.Data, out CloudEvent? one, out _));
            Assert.True(EventSequence.TryParse(one.Extension("sequence"), out EventSequence sequence));
            stored[one.Source[(one.Source.LastIndexOf('/') + 1)..]].Add((one.Subject!, sequence.Counter));
        }

        foreach (SimulatedNode node in fleet.Nodes)
        {
            List<(string Machine, long Counter)> own = stored[node.Name];
            Assert.Equal(Enumerable.Range(1, (int)node.LastSequence).Select(static one => (long)one), own.Select(one => one.Counter).Order());
            Assert.All(own.GroupBy(one => one.Machine), machine => Assert.Equal(machine.Select(one => one.Counter).Order(), machine.Select(one => one.Counter)));
        }
    }

    private static string Left(SimulatedFleet fleet) => $"{fleet.Nodes.Sum(node => node.Waiting)} events wait on {fleet.Nodes.Count(node => node.Waiting > 0)} nodes";

    /// <summary>What <c>scout watch</c> sees: transitions as they come, by the rules of readers.</summary>
    private sealed class FleetView : IAsyncDisposable
    {
        private readonly EventReaderRules rules = new();
        private readonly ConcurrentBag<TimeSpan> waits = [];
        private readonly INatsSub<byte[]> subscription;
        private readonly Task reading;

        private FleetView(INatsSub<byte[]> subscription)
        {
            this.subscription = subscription;
            reading = Task.Run(ReadAsync);
        }

        public int Transitions => waits.Count;

        public long Ignored => rules.Ignored;

        public static async Task<FleetView> OpenAsync(NatsConnection nats) =>
            new(await nats.SubscribeCoreAsync<byte[]>("scout.event.*.*.transition", opts: new NatsSubOpts { ChannelCapacity = 1_000_000 }));

        public TimeSpan Percentile(double part)
        {
            TimeSpan[] all = [.. waits.Order()];
            return all[(int)(part * (all.Length - 1))];
        }

        public async ValueTask DisposeAsync()
        {
            await subscription.DisposeAsync();
            await reading;
        }

        private async Task ReadAsync()
        {
            await foreach (NatsMsg<byte[]> message in subscription.Msgs.ReadAllAsync())
            {
                KeyValuePair<string, string>[] headers = message.Headers is null ? [] : [.. message.Headers.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value!)))];
                if (rules.Judge(message.Subject, headers, message.Data!, EventDelivery.Live, out CloudEvent? one, out _) == EventVerdict.Accepted) waits.Add(TimeProvider.System.GetUtcNow() - one!.Time!.Value);
            }
        }
    }
}
