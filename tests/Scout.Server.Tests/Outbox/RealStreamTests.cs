using Microsoft.Extensions.Logging.Abstractions;
using Scout.Nats;
using Scout.Server.Connection;
using Scout.Server.Outbox;
using Scout.Server.Store;
using Scout.Server.Tests.Store;
using Scout.Testing;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Outbox;

/// <summary>The outbox against a real nats-server that is killed in the middle (reliability.md R3).</summary>
[Trait("fault", "R3")]
public sealed class RealStreamTests
{
    [Fact]
    public async Task A_broker_killed_in_the_middle_gets_every_event_once_and_in_order_of_its_machine()
    {
        await using var server = await NatsServerProcess.StartAsync();
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url, ReconnectSpread = TimeSpan.Zero, ReconnectWaitMax = TimeSpan.FromMilliseconds(200) });
        await nats.ConnectAsync();
        var jetStream = new NatsJSContext(nats);
        await jetStream.CreateStreamAsync(new StreamConfig("SCOUT_EVENTS", ["scout.event.*.*.*"]) { AllowDirect = true });
        await using var store = NodeStore.Open(Options with { MaxEvents = 10_000, MaxBytes = 16 << 20 }, new FaultFiles(), TimeProvider.System, NullLogger.Instance);
        await using var publisher = new EventPublisher(
            store, new JetStreamEvents(nats), new EventPublisherOptions { ReconnectSpread = TimeSpan.Zero }, TimeProvider.System, NullLogger.Instance);
        nats.ConnectionOpened += (_, _) =>
        {
            publisher.Connected();
            return ValueTask.CompletedTask;
        };
        nats.ConnectionDisconnected += (_, _) =>
        {
            publisher.Disconnected();
            return ValueTask.CompletedTask;
        };
        publisher.Connected();
        for (int i = 0; i < 3_000; i++)
        {
            store.Commit(Commit(Event(store.ReserveSequence(), "m" + (i % 50), size: 300)), sync: true);
            if (i == 1_500)
            {
                await Until.TrueAsync("some events are there", () => store.Outbox.Count < 1_400);
                server.Kill();
            }
        }

        await server.StartAgainAsync();
        await Until.TrueAsync("the outbox is empty", () => store.Outbox.Count == 0, TimeSpan.FromSeconds(60), () => $"{store.Outbox.Count} left, {nats.ConnectionState}");
        var stored = new List<(string Subject, string Data)>();
        await foreach (var message in (await jetStream.GetStreamAsync("SCOUT_EVENTS")).ReadRangeAsync<string>()) stored.Add((message.Subject, message.Data!));
        long[] sequences = [.. stored.Select(static one => long.Parse(one.Data.AsSpan()[5..one.Data.IndexOf('}', StringComparison.Ordinal)]))];
        Assert.Equal(Enumerable.Range(1, 3_000).Select(static one => (long)one), sequences.Order());
        Assert.All(
            stored.Zip(sequences).GroupBy(static one => one.First.Subject),
            static lane => Assert.Equal(lane.Select(static one => one.Second).Order(), lane.Select(static one => one.Second)));
        Assert.Equal(0, publisher.Suspicious);
    }
}
