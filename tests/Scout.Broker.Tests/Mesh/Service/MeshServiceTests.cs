using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Http;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Mesh.Watching;
using Scout.Broker.Streams;
using Scout.Broker.Supervision;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;

namespace Scout.Broker.Tests.Mesh.Service;

/// <summary>The service on a real nats-server, with nodes that only tell.</summary>
public sealed class MeshServiceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_dead_node_is_told_as_event_document_and_series_and_cleared()
    {
        await using var bench = await Bench.StartAsync();
        await using INatsSub<byte[]> told = await bench.Nats.SubscribeCoreAsync<byte[]>(Subjects.AllMeshFaults);
        await bench.UntilAsync("all nodes report", async () => (await bench.SummaryAsync())?.Reporting == 10);
        bench.Garble();
        bench.Fleet["n07"].Silent = true;
        List<MeshFault> faults = [];
        await bench.UntilAsync("n07 is confirmed", () =>
        {
            faults.AddRange(Faults(told));
            return Task.FromResult(faults.Any(static one => one.State == MeshFaultState.Confirmed));
        });
        MeshFault confirmed = faults.First(static one => one.State == MeshFaultState.Confirmed);
        Assert.Equal((MeshFaultKind.Node, "n07"), (confirmed.Kind, confirmed.Component));
        Assert.Equal(MeshFaultState.Suspect, faults[0].State);
        await bench.UntilAsync("the document says so", async () => await bench.DocumentAsync(Subjects.MeshFaultKey(confirmed.Id)) is { } bytes
            && MeshFault.TryRead(bytes, out MeshFault? fault, out _) && fault.State == MeshFaultState.Confirmed);
        await bench.UntilAsync("the summary says so", async () => (await bench.SummaryAsync()) is { Confirmed: 1 } summary && summary.Faults.Contains(confirmed.Id));
        await bench.UntilAsync("the series says so", () => Task.FromResult(bench.Series().Contains("scout_mesh_fault{kind=\"node\",component=\"n07\",direction=\"unknown\",state=\"confirmed\"", StringComparison.Ordinal)));
        bench.Fleet["n07"].Silent = false;
        await bench.UntilAsync("it is cleared", () =>
        {
            faults.AddRange(Faults(told));
            return Task.FromResult(faults.Any(static one => one.State == MeshFaultState.Cleared));
        });
        await bench.UntilAsync("the document is gone", async () => await bench.DocumentAsync(Subjects.MeshFaultKey(confirmed.Id)) is null);
        Assert.Single(faults.Select(static one => one.Id).Distinct());
        string series = bench.Series();
        Assert.Contains("scout_mesh_expected_nodes 10\n", series, StringComparison.Ordinal);
        Assert.Contains("scout_mesh_telemetry_ignored_total{reason=\"malformed\"} 3\n", series, StringComparison.Ordinal);
        Assert.Contains("scout_mesh_telemetry_ignored_total{reason=\"unknown_sender\"} 1\n", series, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_brokers_one_publishes_and_the_other_takes_over()
    {
        await using var bench = await Bench.StartAsync();
        await bench.UntilAsync("the first publishes", async () => await bench.SummaryAsync() is { Broker: "one" });
        await using Second second = bench.StartSecond("two");
        await bench.UntilAsync("both look", () => Task.FromResult(second.Figures.Current is { Reporting: 10 }));
        Assert.False(second.Figures.Current!.Lease);
        await bench.StopServiceAsync();
        await bench.UntilAsync("the second publishes", async () => await bench.SummaryAsync() is { Broker: "two" });
        await bench.UntilAsync("its series says so", () => Task.FromResult(Render(second.Figures).Contains("scout_mesh_lease 1\n", StringComparison.Ordinal)));
    }

    private static IEnumerable<MeshFault> Faults(INatsSub<byte[]> told)
    {
        while (told.Msgs.TryRead(out NatsMsg<byte[]> message))
        {
            KeyValuePair<string, string>[] headers = [.. message.Headers!.SelectMany(static header => header.Value.Select(value => KeyValuePair.Create(header.Key, value!)))];
            Assert.True(MeshFaultEvent.TryRead(message.Subject, headers, message.Data, Scout.Protocol.Reading.EventDelivery.Live, out MeshFault? fault, out string? error), error);
            yield return fault;
        }
    }

    private static string Render(MeshFiguresBoard figures)
    {
        var text = new StringBuilder();
        if (figures.Current is { } current) MeshMetrics.Render(text, current);
        return text.ToString();
    }

    private sealed class Second(MeshFiguresBoard figures, CancellationTokenSource stop, Task running, NatsConnection nats) : IAsyncDisposable
    {
        public MeshFiguresBoard Figures => figures;

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running.WaitAsync(Patience);
            await nats.DisposeAsync();
            stop.Dispose();
        }
    }

    private sealed class Bench : IAsyncDisposable
    {
        private readonly NatsServerProcess server;
        private readonly CancellationTokenSource stop = new();
        private readonly CancellationTokenSource stopService = new();
        private readonly MeshFiguresBoard figures = new();
        private Task service = Task.CompletedTask;
        private Task telling = Task.CompletedTask;

        private Bench(NatsServerProcess server)
        {
            this.server = server;
            Nats = new NatsConnection(new NatsOpts { Url = server.Url });
        }

        public NatsConnection Nats { get; }

        public FakeFleet Fleet { get; } = new(10, 3);

        public static async Task<Bench> StartAsync()
        {
            var bench = new Bench(await NatsServerProcess.StartAsync());
            var keeper = new StreamKeeper(new JetStreamApi(bench.Nats, TimeProvider.System), new NatsServerVersion(2, 9, 10), [], NullLogger.Instance);
            Assert.All(await keeper.LookAsync(mend: true, default), static one => Assert.True(one.Exists, one.Name + " " + one.Error));
            INatsKVStore roster = new NatsKVContext(new NatsJSContext(bench.Nats)).GetStoreHandle(Subjects.RosterBucket);
            foreach (FakeNode node in bench.Fleet.Nodes) await roster.PutAsync(node.Name, Entry(node));
            bench.service = Service("one", bench.figures).RunAsync(bench.Nats, bench.stopService.Token);
            bench.telling = bench.TellAsync();
            return bench;
        }

        public Second StartSecond(string name)
        {
            var board = new MeshFiguresBoard();
            var ending = new CancellationTokenSource();
            var nats = new NatsConnection(new NatsOpts { Url = server.Url });
            return new Second(board, ending, Service(name, board).RunAsync(nats, ending.Token), nats);
        }

        public async Task StopServiceAsync()
        {
            await stopService.CancelAsync();
            await service.WaitAsync(Patience);
        }

        /// <summary>What nobody should send.</summary>
        public void Garble()
        {
            foreach (string text in (string[])["{", "{\"v\":1}", "[1,2,3]"]) _ = Nats.PublishAsync(Subjects.MeshLoss("n01"), Encoding.UTF8.GetBytes(text)).AsTask();
            _ = Nats.PublishAsync(Subjects.MeshLoss("nobody"), new MeshLossMessage { Node = "nobody", Incarnation = 1, Number = 1, Clock = 0 }.ToBytes()).AsTask();
        }

        public string Series() => Render(figures);

        public async Task<byte[]?> DocumentAsync(string key)
        {
            NatsKVEntry<byte[]>? entry = await new NatsKVContext(new NatsJSContext(Nats)).GetStoreHandle(Subjects.MeshBucket).TryGetEntryAsync<byte[]>(key);
            return entry is { Operation: NatsKVOperation.Put } there ? there.Value : null;
        }

        public async Task<MeshSummary?> SummaryAsync() => await DocumentAsync(MeshSummary.Key) is { } bytes && MeshSummary.TryRead(bytes, out MeshSummary? summary, out _) ? summary : null;

        public async Task UntilAsync(string what, Func<Task<bool>> condition)
        {
            long begin = TimeProvider.System.GetTimestamp();
            while (!await condition())
            {
                if (service.IsFaulted) await service;
                Assert.True(TimeProvider.System.GetElapsedTime(begin) < Patience, $"in vain: {what}\n{Series()}");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await stopService.CancelAsync();
            await Task.WhenAll(service, telling).WaitAsync(Patience);
            await Nats.DisposeAsync();
            await server.DisposeAsync();
            stop.Dispose();
            stopService.Dispose();
        }

        private static MeshService Service(string name, MeshFiguresBoard board)
        {
            ulong ids = NodeId.Of(name);
            var random = new Random(name.Length);
            return new MeshService(
                new FleetWatch(new FleetWatchOptions { Broker = name, Telling = 200 }, ids), board, () =>
                {
                    byte[] bytes = new byte[16];
                    random.NextBytes(bytes);
                    return new Guid(bytes);
                }, NullLogger.Instance, TimeProvider.System);
        }

        private static byte[] Entry(FakeNode node) => new RosterEntry
        {
            Node = node.Name,
            Version = "0.1.0",
            Os = "linux",
            Arch = "x64",
            Zone = node.Zone,
            Machines = 0,
            Started = DateTimeOffset.FromUnixTimeSeconds(FakeFleet.Incarnation),
            AliveS = 300,
            Mesh = new RosterMesh(["127.0.0.1"], 8620, "up"),
        }.ToBytes();

        private async Task TellAsync()
        {
            TimeProvider time = TimeProvider.System;
            long begin = time.GetTimestamp();
            long told = 0;
            while (!stop.IsCancellationRequested)
            {
                long now = (long)time.GetElapsedTime(begin).TotalMilliseconds / 10 * 10;
                foreach (MeshLossMessage message in Fleet.Messages(told, now, time.GetUtcNow())) await Nats.PublishAsync(Subjects.MeshLoss(message.Node), message.ToBytes());
                told = now;
                await Task.Delay(TimeSpan.FromMilliseconds(20), time);
            }
        }
    }
}
