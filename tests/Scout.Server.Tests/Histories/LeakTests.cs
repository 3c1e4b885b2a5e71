using System.Globalization;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Server.Outbox;
using Scout.Server.Rpc;
using Scout.Server.Store;
using Scout.Server.Tests.Store;
using Scout.Testing;

namespace Scout.Server.Tests.Histories;

/// <summary>Tests that ask how much the heap holds: nobody else may fill it meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>A node that has lived long holds no more than a young one (reliability.md R14), in virtual time; descriptors and threads are counted in <c>Scout.EndToEnd</c>.</summary>
[Collection(nameof(Alone))]
[Trait("fault", "R14")]
public sealed class LeakTests(ITestOutputHelper output)
{
    private const int Warm = 1_000;
    private const int More = 3_000;
    private const long MostGrowth = 1 << 20;
    private const int MostLooks = 5;

    [Fact]
    public void After_thousands_of_checks_with_reloads_reconnects_timeouts_and_commands_a_node_holds_what_it_held_before()
    {
        using var world = new World();
        world.Run(Warm);
        Held before = world.Rest();
        world.Run(More);
        Held after = world.Rest();
        // It is the heap of the whole process, and what the runner holds for a moment is not the node's: what stays is the least of several looks.
        for (int look = 1; look < MostLooks && after.Heap > before.Heap + MostGrowth; look++)
        {
            GC.WaitForPendingFinalizers();
            Held again = world.Rest();
            after = again with { Heap = Math.Min(after.Heap, again.Heap) };
        }

        output.WriteLine($"before {before}, after {after}");
        Assert.Equal(before with { Heap = 0 }, after with { Heap = 0 });
        Assert.True(after.Heap <= before.Heap + MostGrowth, $"before {before}, after {after}");
    }

    private sealed record Held(int Outbox, int Queue, int Machines, int Timers, long StoreHeld, long Heap);

    private sealed class World : IDisposable
    {
        private readonly ManualTime time = new();
        private readonly FaultFiles files = new();
        private readonly Random random = new(14);
        private readonly HistoryChecker checker;
        private readonly ModelNode node;
        private int commands;

        public World()
        {
            checker = new HistoryChecker(time, History.Whole);
            node = new ModelNode(time, files, new Taker(), checker, random, NewId, []);
            node.Start(History.Whole, connected: true);
        }

        public void Run(int checks)
        {
            int until = checker.Runs + checks;
            for (int i = 0; checker.Runs < until; i++)
            {
                if (i % 7 == 0) Command();
                if (i % 20 == 0) node.Loop.Post(() => node.Core.Apply(History.Without));
                if (i % 20 == 10) node.Loop.Post(() => node.Core.Apply(History.Whole));
                if (i % 30 == 5) node.Publisher.Disconnected();
                if (i % 30 == 8) node.Publisher.Connected();
                node.Live(TimeSpan.FromSeconds(20));
            }
        }

        public void Dispose() => node.Dispose();

        /// <summary>What is kept for ten minutes (requests, deleted machines) is gone, nothing is under way, and only what is held stays.</summary>
        public Held Rest()
        {
            node.Publisher.Connected();
            node.Loop.Post(() => node.Core.Apply(History.Whole));
            node.Live(TimeSpan.FromMinutes(12));
            for (int i = 0; i < 1_000 && (node.Store.Outbox.Count > 0 || node.Core.Host.RunsUnderWay > 0); i++) node.Live(TimeSpan.FromMilliseconds(250));
            checker.Forget();
            files.Forget();
            return new Held(node.Store.Outbox.Count, node.Loop.Queue, node.Core.Host.Count, time.Timers, node.Store.Statistics().HeldBytes, GC.GetTotalMemory(forceFullCollection: true));
        }

        private void Command()
        {
            commands++;
            MachineSelection one = MachineSelection.Of(["disk"]);
            var request = new RpcRequest
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"r{commands}"),
                Args = commands % 2 == 0 ? new ResumeArgs(one) : new MaintenanceArgs(one, 30, null, OpenEnded: false, "leaks"),
            };
            checker.Asked(request);
            var empty = new RpcReply { Id = request.Id, Node = "web1", Action = RpcActions.Name(request.Action), Code = RpcCode.Ok };
            node.Loop.Post(() => node.Effects.Do(request, new RpcCaller("anna", IsLocal: true), empty, time.GetTimestamp(), new TaskCompletionSource<RpcReply>()));
        }

        private Guid NewId()
        {
            Span<byte> bytes = stackalloc byte[16];
            random.NextBytes(bytes);
            return new Guid(bytes);
        }
    }

    /// <summary>Takes everything, and keeps nothing.</summary>
    private sealed class Taker : IEventStream
    {
        public ValueTask<PublishAnswer> PublishAsync(StoredEvent item, string messageId, CancellationToken cancel) => new(new PublishAnswer(PublishResult.Stored, item.Stream));
    }
}
