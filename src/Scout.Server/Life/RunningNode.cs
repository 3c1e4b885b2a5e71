using Microsoft.Extensions.Logging;
using Scout.Checks;
using Scout.Checks.Probes;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Trust;
using Scout.Proving;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Connection;
using Scout.Server.Http;
using Scout.Server.Logging;
using Scout.Server.Loop;
using Scout.Server.MachineDirectory;
using Scout.Server.Mesh.Checks;
using Scout.Server.Metrics;
using Scout.Server.Rpc;
using Scout.Server.Runs;
using Scout.Server.Security.Audit;
using Scout.Server.Store;
using Scout.Server.Textfile;
using Scout.Server.Traffic;

namespace Scout.Server.Life;

/// <summary>
/// All parts of a node, put together and taken apart in the order of server.md section 10: lock, HTTP and socket, store, definitions, loop, ready, and
/// only then the broker. Here is the order alone; the parts are made by <see cref="NodeParts"/>, <see cref="NodeListeners"/> and
/// <see cref="NodeDefinitions"/>.
/// </summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private static readonly TimeSpan RunsGrace = TimeSpan.FromSeconds(5);

    private readonly ServerOptions options;
    private readonly NodeContext context;
    private readonly NodeCounters counters;
    private readonly ILoggerFactory logs;
    private readonly ILogger log;
    private readonly TimeProvider time;
    private readonly DateTimeOffset startedAt;
    private readonly long startedTicks;
    private readonly NodeLoop loop;
    private readonly TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SystemdNotifier systemd;
    private readonly MetricsRenderer renderer;
    private readonly HttpPages pages;
    private DataDirectory? data;
    private NodeListeners? listeners;
    private NodeStore? store;
    private NodeDefinitions? definitions;
    private IPluginExecutor? executor;
    private OthersFiles? others;
    private NodeCore? core;
    private TextfileTask? textfile;
    private NodeBrokerLife? broker;
    private IRequestPolicy? policy;
    private NodeSampler? sampler;
    private NodeMeshLife? mesh;
    private NodeTraffic? traffic;
    private NodeCluster? cluster;
    private AuditTrail? audit;

    public RunningNode(ServerOptions options, NodeContext context, NodeCounters counters, ILoggerFactory logs)
    {
        this.options = options;
        this.context = context;
        this.counters = counters;
        this.logs = logs;
        log = logs.CreateLogger("life");
        time = context.Time;
        startedAt = time.GetUtcNow();
        startedTicks = time.GetTimestamp();
        loop = new NodeLoop(time) { Failed = LoopFailed };
        systemd = new SystemdNotifier(
            context.Environment.GetValueOrDefault("NOTIFY_SOCKET"), context.Environment.GetValueOrDefault("WATCHDOG_USEC"),
            context.Environment.GetValueOrDefault("WATCHDOG_PID"), Environment.ProcessId);
        renderer = new MetricsRenderer(options.Node, options.Metrics, counters, startedAt, options.Mesh.Metrics);
        pages = new HttpPages(time, PageAsync);
    }

    /// <summary>Ends when the loop has failed.</summary>
    public Task Failed => failed.Task;

    /// <summary>Starts everything up to ready, then the line to the broker.</summary>
    /// <exception cref="LifeException">It cannot start.</exception>
    public async Task StartAsync()
    {
        await TakeAsync();
        Assemble();
        await BeginAsync();
        RpcService rpc = Answer();
        Connect(rpc);
    }

    /// <summary>SIGHUP.</summary>
    public void Reload()
    {
        if (definitions is not { } read) return;
        LogMessages.ReloadAsked(log);
        broker?.Reload();
        systemd.Reloading(HostFacts.MonotonicMicroseconds());
        _ = ReloadAsync(read);
    }

    /// <summary>A clean stop.</summary>
    public async Task StopAsync()
    {
        systemd.Stopping();
        pages.SetReadiness("stopping");
        // Neighbours hear the goodbye while runs end.
        Task drained = mesh!.DrainAsync(() => broker?.MeshChanged());
        await definitions!.DisposeAsync();
        Task idle = await loop.AskAsync(() =>
        {
            core!.Runner.Close();
            return core.Runner.WhenIdle();
        });
        await Task.WhenAny(idle, Task.Delay(RunsGrace, time));
        await loop.AskAsync(() =>
        {
            audit!.Beat();
            core!.Runner.CancelAll();
            core.Sink.Tell(EventTypes.Shutdown, NewId(), time.GetUtcNow(), LifeEvents.Shutdown(time.GetElapsedTime(startedTicks), "signal"));
            return true;
        });
        await store!.FlushAsync();
        await drained;
        await broker!.StopAsync();
        NodeSample last = await loop.AskAsync(() => sampler!.Sample());
        loop.Stop();
        textfile?.WriteLast(last);
        await DisposeAsync();
    }

    /// <summary>Gives back whatever was taken; also after a start that failed half-way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (traffic is not null) await traffic.DisposeAsync();
        if (mesh is not null) await mesh.DisposeAsync();
        if (cluster is not null) await cluster.DisposeAsync();
        if (broker is not null) await broker.DisposeAsync();
        if (definitions is not null) await definitions.DisposeAsync();
        loop.Stop();
        if (listeners is not null) await listeners.DisposeAsync();
        if (executor is not null) await executor.DisposeAsync();
        others?.Clean();
        core?.Dispose();
        if (store is not null) await store.DisposeAsync();
        if (audit is not null) await audit.DisposeAsync();
        data?.Dispose();
        systemd.Dispose();
    }

    // First what this machine may refuse: then the refusal is all that is said.
    private async Task TakeAsync()
    {
        broker = await NodeBrokerLife.TakeAsync(options, time, logs);
        data = DataDirectory.Open(options.Data, log);
        broker.Open();
        listeners = await NodeListeners.TakeAsync(options, pages, time, counters, logs);
        cluster = NodeCluster.Open(options, context, logs);
        mesh = NodeMeshLife.Take(options, context, cluster, startedAt, logs);
        traffic = NodeTraffic.Take(options, cluster, time, logs);
        LogMessages.Starting(log, Product.Version, options.Node, options.Mode.ToString().ToLowerInvariant(), Environment.ProcessId);
        if (options.Mode == ServerMode.Dev && options.BrokerUrls.Length > 0) LogMessages.DevMode(log);
    }

    private void Assemble()
    {
        var parts = new NodeParts(options, time, counters, logs);
        store = parts.Store(context.StoreFiles);
        others = new OthersFiles(OthersFiles.Usual, Path.Combine(data!.Path, "others"));
        others.Clean();
        RunFiles.Prepare(data.Temporary);
        definitions = NodeDefinitions.Read(options, counters, time, logs);
        executor = parts.Executor();
        core = parts.Core(store, definitions, executor, loop, data.Temporary, others, mesh!.Mesh?.Engine.Stalls);
        policy = context.Policy ?? parts.Policy(definitions);
        audit = parts.Audit(core, loop);
        core.Probes.Register(MeshCheckReader.Kind, mesh.Look(time).LookAsync);
        core.Probes.Register(TrafficCheckReader.Kind, traffic!.Looks.LookAsync);
        core.Probes.Heard = mesh.Hears;
        store.HealthChanged = () => loop.Post(() =>
        {
            if (store.CanCommit) core.Host.Recovered();
            broker?.HealthChanged();
        });
        sampler = new NodeSampler(options, core, loop, store, counters, executor, definitions.Reloads, () => broker?.State ?? BrokerState.None, () => mesh.Snapshot, () => traffic.Shown, () => cluster!.Sample, time);
        if (listeners!.Textfile is { } writer)
        {
            textfile = new TextfileTask(writer, options.Textfile.Interval, sampler.Sample, renderer, counters, time, logs.CreateLogger("textfile"));
            core.Changed = textfile.Changed;
            loop.Every(TimeSpan.FromMilliseconds(Math.Min(500, options.Textfile.Interval.TotalMilliseconds)), textfile.Beat, first: TimeSpan.FromSeconds(1));
        }

        NodePulse.Begin(loop, pages, systemd, Summary);
    }

    private async Task BeginAsync()
    {
        loop.Start();
        await loop.AskAsync(() =>
        {
            core!.Start(store!.Recovered.Machines, definitions!.First.Batch);
            core.Sink.Tell(EventTypes.Startup, NewId(), startedAt, LifeEvents.Startup(options, store.Recovered, definitions.Reloads, startedAt));
            return true;
        });
        definitions!.Watch(Apply);
    }

    private RpcService Answer()
    {
        RpcService rpc = new NodeParts(options, time, counters, logs).Rpc(store!, definitions!, core!, loop, policy!, audit!, new RpcMesh(mesh!.Mesh, time), startedAt, () => broker?.State);
        mesh.Start();
        traffic!.Start();
        listeners!.Serve(rpc);
        pages.SetReadiness();
        string summary = Summary();
        LogMessages.Ready(log, summary);
        systemd.Ready(summary);
        context.Ready(new NodeReady(listeners.Http?.Address, options.Socket, definitions!.Reloads.Machines, definitions.Reloads.Refused.Length));
        return rpc;
    }

    private void Connect(RpcService rpc)
    {
        // One for the life of the node: a new line must not forget what was seen on the old one.
        ITrustSource? trust = context.Trust ?? broker!.Trust;
        RequestProof? proof = trust is null ? null : CallerTokens.Proof(trust, store!.Recovered.Nonces, time);
        broker!.Start(
            effective => new BrokerParts
            {
                Options = effective,
                Store = store!,
                Core = core!,
                Loop = loop,
                Rpc = rpc,
                Proof = proof,
                Trust = () => trust?.Current,
                Audit = audit!,
                Counters = counters,
                Time = time,
                NewId = () => EventIds.New(time),
                StartedAt = startedAt,
                StartedTicks = startedTicks,
                Mesh = () => mesh?.Mesh?.Announcement,
            },
            connection => mesh?.Attach(connection));
    }

    private void Apply(DefinitionChange change) => loop.Post(() =>
    {
        definitions!.Take(change);
        core!.Apply(change.Batch);
        broker?.MachinesChanged();
    });

    private async Task ReloadAsync(NodeDefinitions read)
    {
        if (!await read.ReloadAsync()) return;
        await loop.AskAsync(() => true);
        systemd.Ready(Summary());
    }

    private string Summary()
    {
        int refused = definitions!.Reloads.Refused.Length;
        return $"{definitions.Reloads.Machines} machines, {refused} file{(refused == 1 ? "" : "s")} refused, {listeners!.Words}";
    }

    private async ValueTask<ReadOnlyMemory<byte>[]> PageAsync()
    {
        NodeSample sample = await loop.AskAsync(() => sampler!.Sample());
        return renderer.Page(sample);
    }

    private void LoopFailed(Exception error)
    {
        LogMessages.LoopFailed(log, error);
        failed.TrySetResult();
    }

    private Guid NewId() => EventIds.New(time);
}
