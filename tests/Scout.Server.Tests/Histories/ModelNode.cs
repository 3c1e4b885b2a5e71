using Microsoft.Extensions.Logging.Abstractions;
using Scout.Machines.Hosting;
using Scout.Protocol.Events;
using Scout.Server.Connection;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Outbox;
using Scout.Server.Rpc;
using Scout.Server.Runs;
using Scout.Server.Security.Audit;
using Scout.Server.Store;
using Scout.Server.Tests.Store;
using Scout.Testing;

namespace Scout.Server.Tests.Histories;

/// <summary>One life of a node between start and crash, in virtual time on one thread: the real loop, store, outbox and commands; runs, disk and stream are models.</summary>
internal sealed class ModelNode : IDisposable
{
    private readonly ManualTime time;
    private readonly Func<Guid> newId;

    public ModelNode(ManualTime time, FaultFiles files, IEventStream stream, HistoryChecker checker, Random random, Func<Guid> newId, Dictionary<string, int> moods)
    {
        this.time = time;
        this.newId = newId;
        Store = NodeStore.OpenIdle(History.StoreOptions, files, time, NullLogger.Instance);
        Executor = new ModelExecutor(time, random, moods, checker);
        var counters = new NodeCounters();
        var journal = new RecordingJournal(Store, checker);
        var host = new MachineHostOptions { Node = "web1", Time = time, NewId = newId };
        Core = new NodeCore(new NodeCoreOptions(host, new RunnerOptions { Node = "web1", Slots = 16 }), journal, Executor, Loop = new NodeLoop(time), counters, time);
        var audit = new AuditTrail("web1", Loop, Core.Sink, file: null, counters, newId, time);
        var self = new RpcNode { Name = "web1", Version = "0", Started = time.GetUtcNow(), Mode = "dev" };
        Effects = new RpcEffects(Core, journal, new OpenPolicy(), audit, self, Later, newId, time);
        Publisher = EventPublisher.Idle(
            Store, stream,
            new EventPublisherOptions
            {
                Seed = random.Next(),
                ReportDrops = () => Loop.Post(() => Store.CommitDropReport((report, sequence) =>
                {
                    StoredEvent item = Core.Sink.OfNode(EventTypes.Outbox, newId(), time.GetUtcNow(), DropReports.Of(report, journal.Epoch), sequence);
                    checker.Committed(item);
                    return item;
                })),
                RepeatStates = known => Loop.Post(() => Core.Host.Repeat(Core.Host.Views().Where(view => !view.Deleted && !known.Contains(view.Name)).Select(view => view.Name).ToArray())),
            },
            time, NullLogger.Instance);
        Store.HealthChanged = () => Loop.Post(() =>
        {
            if (Store.CanCommit) Core.Host.Recovered();
        });
    }

    public NodeStore Store { get; }

    public NodeLoop Loop { get; }

    public NodeCore Core { get; }

    public ModelExecutor Executor { get; }

    public RpcEffects Effects { get; }

    public EventPublisher Publisher { get; }

    public void Start(DefinitionBatch batch, bool connected)
    {
        Core.Start(Store.Recovered.Machines, batch);
        Core.Sink.Tell(EventTypes.Startup, newId(), time.GetUtcNow(), new StartupData { Version = "0", Os = "linux", Arch = "x64", Started = time.GetUtcNow(), Mode = "dev", Machines = batch.Definitions.Count });
        if (connected) Publisher.Connected();
    }

    /// <summary>Lets one of the threads of a real node go on for a moment.</summary>
    public void Nudge(int which)
    {
        if (which % 3 == 0) Loop.Turn();
        else if (which % 3 == 1) Store.Pump();
        else Publisher.Step();
    }

    /// <summary>Until nothing more happens at this moment.</summary>
    public void Settle()
    {
        (long, int, int) before;
        do
        {
            before = (Store.LastSequence, Store.Outbox.Count, 0);
            Loop.Turn();
            Store.Pump();
            Publisher.Step();
            if (Executor.EndDue() > 0) before = (-1, 0, 0);
        }
        while (Loop.Queue > 0 || before != (Store.LastSequence, Store.Outbox.Count, 0));
    }

    /// <summary>Both clocks go on, and everything that falls due on the way has its turn.</summary>
    public void Live(TimeSpan by)
    {
        long end = time.GetTimestamp() + by.Ticks;
        Settle();
        while (time.GetTimestamp() is var now && now < end)
        {
            long next = Math.Min(Math.Min(Core.Host.NextDue, Executor.NextEnd), Math.Min(end, now + (5 * TimeSpan.TicksPerSecond)));
            time.Advance(TimeSpan.FromTicks(Math.Max(next - now, TimeSpan.TicksPerMillisecond)));
            Settle();
        }
    }

    public void Dispose() => Core.Dispose();

    private IDisposable Later(TimeSpan after, Action action) => time.CreateTimer(state => Loop.Post((Action)state!), action, after, Timeout.InfiniteTimeSpan);
}
