using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Nats;
using Scout.Server.Connection;
using Scout.Server.Definitions;
using Scout.Server.Life;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Outbox;
using Scout.Server.Runs;
using Scout.Server.Store;
using Scout.Server.Tests.Runs;
using Scout.Server.Tests.Store;
using Scout.Testing;

namespace Scout.Server.Tests.Fleet;

/// <summary>Many nodes in one process on one real <c>nats-server</c>: loop, machines, store, outbox and line are the real ones; the disk is memory, and one task turns all loops.</summary>
internal sealed class SimulatedFleet : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(2);

    private readonly CancellationTokenSource stop = new();
    private readonly List<SimulatedNode> nodes = [];
    private Task turning = Task.CompletedTask;

    public IReadOnlyList<SimulatedNode> Nodes => nodes;

    /// <summary>Starts nodes with machines that only people move, and waits until all are connected.</summary>
    public static async Task<SimulatedFleet> StartAsync(string url, int nodes, int machines)
    {
        var fleet = new SimulatedFleet();
        DefinitionBatch batch = Batch(machines);
        for (int i = 0; i < nodes; i++) fleet.nodes.Add(new SimulatedNode(string.Create(CultureInfo.InvariantCulture, $"n{i:0000}"), url, seed: i, batch));
        fleet.turning = Task.Run(fleet.TurnAsync);
        await Task.WhenAll(fleet.nodes.Select(node => node.ConnectAsync()));
        return fleet;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await turning;
        foreach (SimulatedNode node in nodes) await node.DisposeAsync();
        stop.Dispose();
    }

    private async Task TurnAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (SimulatedNode node in nodes) node.Turn();
            await Task.Delay(Beat, TimeProvider.System, CancellationToken.None);
        }
    }

    private static DefinitionBatch Batch(int machines)
    {
        // Only people move them: whatever is seen was asked for.
        static IEnumerable<MachineDefinition> Gate(int i) => DefinitionReader.Read(
            $"/m/gate{i}/machine.yaml",
            Encoding.UTF8.GetBytes($$"""
                name: gate{{i}}
                version: 1.0.0
                initial_state: SHUT
                transitions:
                  - { name: open, from: [SHUT], destination: OPEN }
                  - { name: shut, from: [OPEN], destination: SHUT }
                watchers:
                  - { name: patience, type: timer, state_match: [OPEN], fail_transition: shut, properties: { timer: 24h } }
                """),
            new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance }).Machines;
        return new DefinitionBatch([.. Enumerable.Range(0, machines).SelectMany(Gate)], new Dictionary<string, string>());
    }
}

/// <summary>One of them.</summary>
internal sealed class SimulatedNode : IAsyncDisposable
{
    private readonly NatsConnection nats;
    private readonly NodeStore store;
    private readonly NodeLoop loop;
    private readonly NodeCore core;
    private readonly EventPublisher publisher;
    private int moves;

    public SimulatedNode(string name, string url, int seed, DefinitionBatch batch)
    {
        Name = name;
        TimeProvider time = TimeProvider.System;
        nats = new NatsConnection(new BrokerLogin { Urls = [url], InboxPrefix = "_INBOX." + name }.ToOpts("scout/" + name, time, seed));
        store = NodeStore.OpenIdle(StoreFactory.Options with { Node = name }, new FaultFiles(), time, NullLogger.Instance);
        loop = new NodeLoop(time);
        var host = new MachineHostOptions { Node = name, Time = time, NewId = () => EventIds.New(time) };
        core = new NodeCore(new NodeCoreOptions(host, new RunnerOptions { Node = name, Slots = 4 }), new StoreJournal(store), new FakeExecutor(), loop, new NodeCounters(), time);
        publisher = new EventPublisher(store, new JetStreamEvents(nats), new EventPublisherOptions { Seed = seed }, time, NullLogger.Instance);
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
        core.Start(store.Recovered.Machines, batch);
    }

    public string Name { get; }

    public bool IsConnected => nats.ConnectionState == NatsConnectionState.Open;

    /// <summary>Events that no stream has acknowledged.</summary>
    public int Waiting => store.Outbox.Count;

    /// <summary>The last sequence that was given to an event.</summary>
    public long LastSequence => store.LastSequence;

    public async Task ConnectAsync() => await nats.ConnectAsync();

    /// <summary>One round of what is a thread each in a real node.</summary>
    public void Turn()
    {
        loop.Turn();
        store.Pump();
    }

    /// <summary>Moves every machine.</summary>
    public void Move()
    {
        string way = moves++ % 2 == 0 ? "open" : "shut";
        loop.Post(() =>
        {
            foreach (MachineView view in core.Host.Views())
            {
                CommandReply reply = core.Host.Execute(new MachineCommand { Kind = CommandKind.Transition, Transition = way, Machine = view.Name, Caller = "anna", RequestId = $"{Name}-{moves}" });
                if (reply.Code != CommandCode.Ok) throw new InvalidOperationException($"{Name}/{view.Name}: {reply.Message}");
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        await publisher.DisposeAsync();
        await nats.DisposeAsync();
        core.Dispose();
        await store.DisposeAsync();
    }
}
