using Scout.Checks;
using Scout.Checks.Execution;
using Scout.Server.Configuration;
using Scout.Server.Connection;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Store;

namespace Scout.Server.Life;

/// <summary>Takes the node's state for rendering. On the loop.</summary>
internal sealed class NodeSampler(
    ServerOptions options, NodeCore core, NodeLoop loop, NodeStore store, NodeCounters counters, IPluginExecutor executor, DefinitionReloads reloads, Func<BrokerState> broker)
{
    private StoreStatistics seenStore = new();
    private PluginExecutorCounters seenExecutor = new();
    private long seenCut;
    private long seenSlots;
    private long seenDelayed;
    private long seenSkipped;

    public NodeSample Sample()
    {
        StoreStatistics figures = store.Statistics();
        BrokerState line = broker();
        CountLimits(figures);
        return new NodeSample
        {
            Node = options.Node,
            Version = Product.Version,
            Zone = options.Zone,
            Region = options.Region,
            Mode = options.Mode == ServerMode.Dev ? "dev" : "secure",
            Machines = core.Samples(),
            DefinitionsRefused = reloads.Refused.Length,
            ReloadsApplied = reloads.Applied,
            ReloadsRefused = reloads.WithErrors,
            LastTick = loop.LastTick,
            LoopQueue = loop.Queue,
            Slots = core.Runner.Slots,
            RunsActive = core.Runner.Active,
            RunsWaiting = core.Runner.Waiting,
            RunsStuck = core.Runner.Stuck,
            Counters = counters,
            Store = new StoreSample
            {
                Degraded = figures.Degraded,
                Bytes = figures.Bytes,
                HeldBytes = figures.HeldBytes,
                Commits = figures.Commits,
                TornTails = figures.Repairs[(int)RepairKind.Torn],
                Damaged = figures.Repairs[(int)RepairKind.Damaged],
                BadSnapshots = figures.Repairs[(int)RepairKind.Snapshot],
                Corrupt = figures.Repairs[(int)RepairKind.Corrupt],
                LostRecords = figures.LostRecords,
                HeldDropped = figures.HeldDropped,
            },
            Outbox = new OutboxSample
            {
                Events = figures.OutboxEvents,
                Bytes = figures.OutboxBytes,
                Fill = figures.OutboxFill,
                Oldest = figures.OutboxOldest,
                Sequence = figures.Sequence,
                Published = figures.Published,
                Dropped = figures.Dropped,
                SetAside = figures.SetAside,
                Resent = line.Resent,
                Suspicious = line.Suspicious,
            },
            ConnectionUp = line.Up,
            ConnectionRefused = line.Refused,
            Reconnects = line.Reconnects,
        };
    }

    // What other rooms count for themselves becomes ours by its growth since the last look.
    private void CountLimits(StoreStatistics figures)
    {
        PluginExecutorCounters runs = executor.Counters;
        counters.Limits.Add("held", figures.HeldDropped - seenStore.HeldDropped);
        counters.Limits.Add("rpc_requests", figures.RequestsForgotten - seenStore.RequestsForgotten);
        counters.Limits.Add("outbox", figures.Dropped.Sum() - seenStore.Dropped.Sum());
        counters.Limits.Add("output", runs.Truncated - seenExecutor.Truncated);
        counters.Limits.Add("output_kill", runs.OutputLimits - seenExecutor.OutputLimits);
        counters.Orphans.Add("reaped", runs.OrphansReaped - seenExecutor.OrphansReaped);
        counters.Orphans.Add("ended", runs.StraysEnded - seenExecutor.StraysEnded);
        counters.Limits.Add("event_size", core.Sink.EventsCut - seenCut);
        counters.Limits.Add("slots", counters.Runs.SlotsReached - seenSlots);
        counters.Limits.Add("chained", core.Host.Counters.Delayed - seenDelayed);
        counters.Runs.TicksSkipped.Add("running", core.Host.Counters.SkippedTicks - seenSkipped);
        seenSkipped = core.Host.Counters.SkippedTicks;
        seenStore = figures;
        seenExecutor = runs;
        seenCut = core.Sink.EventsCut;
        seenSlots = counters.Runs.SlotsReached;
        seenDelayed = core.Host.Counters.Delayed;
    }
}
