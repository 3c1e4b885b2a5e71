using Scout.Checks;
using Scout.Checks.Execution;
using Scout.Machines.Hosting;
using Scout.Server.Configuration;
using Scout.Server.Connection;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Store;

namespace Scout.Server.Life;

/// <summary>Takes the node's state for rendering. On the loop.</summary>
internal sealed class NodeSampler(
    ServerOptions options, NodeCore core, NodeLoop loop, NodeStore store, NodeCounters counters, IPluginExecutor executor, DefinitionReloads reloads, Func<BrokerState> broker,
    Func<Scout.Server.Mesh.Statistics.MeshSnapshot?> mesh, Func<Scout.Traffic.TrafficSnapshot?> traffic, Func<Scout.Kubernetes.ClusterSample?> cluster, TimeProvider time)
{
    private readonly Dictionary<(LabelledCounter Counter, string Value), long> seen = [];

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
            Enrolment = line.Enrolment?.Word,
            TrustSerial = line.Trust,
            CredentialsLeft = line.Enrolment?.Expires is { } end ? end - time.GetUtcNow() : null,
            Mesh = mesh(),
            Traffic = traffic(),
            Cluster = cluster(),
        };
    }

    // What other rooms count for themselves becomes ours by its growth since the last look.
    private void CountLimits(StoreStatistics figures)
    {
        PluginExecutorCounters runs = executor.Counters;
        HostCounters host = core.Host.Counters;
        LabelledCounter limits = counters.Limits;
        Grow(limits, "held", figures.HeldDropped);
        Grow(limits, "rpc_requests", figures.RequestsForgotten);
        Grow(limits, "outbox", figures.Dropped.Sum());
        Grow(limits, "output", runs.Truncated);
        Grow(limits, "output_kill", runs.OutputLimits);
        Grow(limits, "stderr", counters.Runs.StderrTruncated);
        Grow(limits, "perfdata_items", counters.Runs.PerfDataCut);
        Grow(limits, "orphans", runs.DaemonsEnded);
        Grow(limits, "event_size", core.Sink.EventsCut);
        Grow(limits, "slots", counters.Runs.SlotsReached);
        Grow(limits, "chained", host.Delayed);
        Grow(limits, "machine_data", host.DataRefused);
        Grow(counters.Orphans, "reaped", runs.OrphansReaped);
        Grow(counters.Orphans, "ended", runs.StraysEnded);
        Grow(counters.Orphans, "kept", runs.DaemonsKept);
        Grow(counters.Runs.TicksSkipped, "running", host.TicksWhileRunning);
        Grow(counters.Runs.TicksSkipped, "waiting", host.TicksWhileWaiting);
        Grow(counters.Runs.TicksSkipped, "asleep", host.TicksWhileAsleep);
    }

    private void Grow(LabelledCounter counter, string value, long now)
    {
        long before = seen.GetValueOrDefault((counter, value));
        if (now == before) return;
        seen[(counter, value)] = now;
        counter.Add(value, now - before);
    }
}
