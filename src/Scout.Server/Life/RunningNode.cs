using System.Collections.Immutable;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Scout.Checks;
using Scout.Checks.Execution;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Protocol.Events;
using Scout.Server.Configuration;
using Scout.Server.Connection;
using Scout.Server.Definitions;
using Scout.Server.Facts;
using Scout.Server.Http;
using Scout.Server.LocalSockets;
using Scout.Server.Logging;
using Scout.Server.Loop;
using Scout.Server.MachineDirectory;
using Scout.Server.Metrics;
using Scout.Server.Rpc;
using Scout.Server.Runs;
using Scout.Server.Store;
using Scout.Server.Textfile;

namespace Scout.Server.Life;

/// <summary>
/// All parts of a node, put together and taken apart in the order of server.md section 10: lock, HTTP and socket, store, definitions, loop, ready, and
/// only then the broker.
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
    private readonly DefinitionReloads reloads = new();
    private readonly HttpPages pages;
    private DataDirectory? data;
    private HttpEndpoint? http;
    private LocalSocket? socket;
    private NodeStore? store;
    private IPluginExecutor? executor;
    private NodeCore? core;
    private DirectoryWatch? watch;
    private TextfileTask? textfile;
    private BrokerLine? broker;
    private NodeSampler? sampler;
    private NodeFacts? facts;
    private IReadOnlyList<string> brokerUrls = [];
    private string? token;

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
        renderer = new MetricsRenderer(options.Node, options.Metrics, counters, startedAt);
        pages = new HttpPages(time, PageAsync);
    }

    /// <summary>Ends when the loop has failed.</summary>
    public Task Failed => failed.Task;

    /// <summary>Starts everything up to ready, then the line to the broker.</summary>
    /// <exception cref="LifeException">It cannot start.</exception>
    public async Task StartAsync()
    {
        LogMessages.Starting(log, Product.Version, options.Node, options.Mode.ToString().ToLowerInvariant(), Environment.ProcessId);
        if (options.Mode == ServerMode.Dev && options.BrokerUrls.Length > 0) LogMessages.DevMode(log);
        if (options.Mode == ServerMode.Dev) brokerUrls = await BrokerAddress.LoopbackAsync(options.BrokerUrls);
        if (options.BrokerTokenFile.Length > 0) token = TokenFile.Read(options.BrokerTokenFile);
        data = DataDirectory.Open(options.Data, log);
        Listen();
        TextfileWriter? writer = PrepareTextfile();
        store = OpenStore();
        RunFiles.Prepare(data.Temporary);
        var catalog = new DefinitionCatalog(
            new MachineFolder(options.Machines), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        DefinitionChange first = catalog.Read(hash: true)!;
        if (catalog.Blind.Any(folder => folder.Key == options.Machines)) throw new LifeException(2, $"the machine directory {options.Machines} cannot be read: {catalog.Blind[0].Value}", "make it readable for the server's user");
        reloads.Take(first, logs.CreateLogger("machines"), counters, catalog);
        ILogger machineLog = logs.CreateLogger("machines");
        var factsFile = new JsonFile(options.Facts, machineLog);
        var overrides = new JsonFile(options.Overrides, machineLog);
        facts = new NodeFacts(options.Node, Product.Version, factsFile);
        facts.Look();
        overrides.Look();
        var executorOptions = new PluginExecutorOptions
        {
            Node = options.Node,
            PluginPath = options.PluginPath,
            PluginOwners = options.PluginOwners,
            MaxOutput = options.MaxOutput,
            MaxOpenFiles = options.MaxOpenFiles,
            EndOldRuns = true,
            Time = time,
            Observer = new ExecutorLog(logs.CreateLogger("runs"), counters),
        };
        executor = PluginExecutors.Create(executorOptions, options.Executor == ExecutorKind.Process);
        BuildLoop(overrides);
        sampler = new NodeSampler(options, core!, loop, store, counters, executor, reloads, () => broker?.State ?? BrokerState.None);
        RpcService rpc = BuildRpc();
        if (writer is not null)
        {
            textfile = new TextfileTask(writer, options.Textfile.Interval, sampler.Sample, renderer, counters, time, logs.CreateLogger("textfile"));
            core!.Changed = textfile.Changed;
            loop.Every(TimeSpan.FromMilliseconds(Math.Min(500, options.Textfile.Interval.TotalMilliseconds)), textfile.Beat, first: TimeSpan.FromSeconds(1));
        }

        Pulse();
        watch = new DirectoryWatch(options.Machines, catalog, change => Apply(change, catalog), () => LookAtFiles(overrides), time, machineLog);
        await BeginAsync(first);
        watch.Start();
        socket?.Serve(rpc);
        pages.SetReadiness();
        string summary = Summary();
        LogMessages.Ready(log, summary);
        systemd.Ready(summary);
        context.Ready(new NodeReady(http?.Address, options.Socket, reloads.Machines, reloads.Refused.Length));
        Connect(rpc);
    }

    /// <summary>SIGHUP.</summary>
    public void Reload()
    {
        if (watch is not { } directory) return;
        LogMessages.ReloadAsked(log);
        systemd.Reloading(HostFacts.MonotonicMicroseconds());
        _ = ReloadAsync(directory);
    }

    /// <summary>A clean stop.</summary>
    public async Task StopAsync()
    {
        systemd.Stopping();
        pages.SetReadiness("stopping");
        await EndWatchAsync();
        Task idle = await loop.AskAsync(() =>
        {
            core!.Runner.Close();
            return core.Runner.WhenIdle();
        });
        await Task.WhenAny(idle, Task.Delay(RunsGrace, time));
        await loop.AskAsync(() =>
        {
            core!.Runner.CancelAll();
            core.Sink.Tell(EventTypes.Shutdown, NewId(), time.GetUtcNow(), new ShutdownData { Version = Product.Version, UptimeS = (long)time.GetElapsedTime(startedTicks).TotalSeconds, Reason = "signal" });
            return true;
        });
        await store!.FlushAsync();
        if (broker is not null) await broker.StopAsync();
        NodeSample last = await loop.AskAsync(() => sampler!.Sample());
        loop.Stop();
        textfile?.WriteLast(last);
        await DisposeAsync();
    }

    /// <summary>Gives back whatever was taken; also after a start that failed half-way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (broker is not null) await broker.DisposeAsync();
        await EndWatchAsync();
        loop.Stop();
        if (socket is not null) await socket.DisposeAsync();
        if (http is not null) await http.DisposeAsync();
        if (executor is not null) await executor.DisposeAsync();
        core?.Dispose();
        if (store is not null) await store.DisposeAsync();
        data?.Dispose();
        systemd.Dispose();
    }

    private static Guid NewId() => EventIds.New(TimeProvider.System);

    private async Task EndWatchAsync()
    {
        if (Interlocked.Exchange(ref watch, null) is { } directory) await directory.DisposeAsync();
    }

    private async Task ReloadAsync(DirectoryWatch directory)
    {
        await directory.ReloadAsync();
        await loop.AskAsync(() => true);
        systemd.Ready(Summary());
    }

    private void Listen()
    {
        if (options.Http is { } address)
        {
            try
            {
                http = HttpEndpoint.Bind(address, pages, time);
            }
            catch (SocketException error)
            {
                throw new LifeException(
                    3, $"cannot listen on {address} for metrics: {error.Message}",
                    error.SocketErrorCode == SocketError.AddressAlreadyInUse ? "another program has that port; give another with --http HOST:PORT, or --http off" : "give an address of this machine with --http HOST:PORT");
            }
        }

        if (options.Socket is { } path) socket = LocalSocket.Bind(path, options.SocketGroup, time, counters, logs.CreateLogger("socket"));
    }

    private TextfileWriter? PrepareTextfile()
    {
        if (options.Textfile.Directory.Length == 0) return null;
        var writer = new TextfileWriter(options.Textfile.Directory, options.Node);
        return writer.Prepare() is { } problem ? throw new LifeException(3, $"textfile: {problem}") : writer;
    }

    private NodeStore OpenStore()
    {
        try
        {
            var opened = NodeStore.Open(
                new NodeStoreOptions
                {
                    DataFolder = options.Data,
                    Node = options.Node,
                    BootId = HostFacts.BootId(),
                    ProductVersion = Product.Version,
                    SegmentBytes = options.Store.Segment,
                    HistoryAge = options.Store.HistoryAge,
                    HistoryBytes = options.Store.HistoryBytes,
                    MaxEvents = options.Events.MaxEvents,
                    MaxBytes = options.Events.MaxBytes,
                    Publishes = options.BrokerUrls.Length > 0,
                },
                new LinuxStoreFiles(), time, logs.CreateLogger("store"));
            opened.Synced = counters.StoreSync.Observe;
            return opened;
        }
        catch (StoreException error)
        {
            throw new LifeException(error.Problem == StoreProblem.Unusable ? 3 : 2, error.Message);
        }
    }

    private void BuildLoop(JsonFile overrides)
    {
        var host = new MachineHostOptions
        {
            Node = options.Node,
            Time = time,
            NewId = () => EventIds.New(time),
            TimeZone = options.TimeZone,
            Events = options.Events.Default,
            BootedAt = HostFacts.BootedAt(),
            Facts = () => facts!.Value,
            Overrides = () => overrides.Value,
        };
        var runner = new RunnerOptions { Node = options.Node, Slots = options.Slots, FilesFolder = data!.Temporary, Facts = () => facts!.Text };
        core = new NodeCore(new NodeCoreOptions(host, runner), new StoreJournal(store!), executor!, loop, counters, time)
        {
            EventSeen = new EventLog(logs.CreateLogger("machines")).See,
        };
        store!.HealthChanged = () => loop.Post(() =>
        {
            if (store.CanCommit) core.Host.Recovered();
            broker?.HealthChanged();
        });
    }

    private RpcService BuildRpc()
    {
        var node = new RpcNode
        {
            Name = options.Node,
            Version = Product.Version,
            Started = startedAt,
            Mode = options.Mode == ServerMode.Dev ? "dev" : "secure",
            Labels = options.Labels,
            Zone = MachineText(options.Zone),
            Region = MachineText(options.Region),
            Facts = () => facts!.Value,
            Outbox = () => store!.Statistics() is { } figures ? new OutboxDepth((int)figures.OutboxEvents, figures.OutboxBytes) : new OutboxDepth(0, 0),
            Broker = () => broker?.State.Words ?? "starting",
            Refused = () => [.. reloads.Refused.Select(file => (file.Path, file.Error))],
        };
        var policy = new OpenPolicy();
        ILogger rpcLog = logs.CreateLogger("rpc");
        return new RpcService(
            loop, new RpcReads(core!, node), new RpcEffects(core!, new StoreJournal(store!), policy, node, Later, time), new RpcHistory(store!, time), node, policy, counters, time, rpcLog);
    }

    private void Connect(RpcService rpc)
    {
        if (options.BrokerUrls.IsEmpty) return;
        if (options.Mode != ServerMode.Dev)
        {
            LogMessages.NotEnrolled(log, string.Join(',', options.BrokerUrls));
            return;
        }

        var parts = new BrokerParts
        {
            Options = options,
            Store = store!,
            Core = core!,
            Loop = loop,
            Rpc = rpc,
            Counters = counters,
            Time = time,
            NewId = () => EventIds.New(time),
            StartedAt = startedAt,
            StartedTicks = startedTicks,
        };
        broker = new BrokerLine(brokerUrls, token, parts, RandomNumberGenerator.GetInt32(int.MaxValue - 8), logs);
    }

    private IDisposable Later(TimeSpan after, Action action) =>
        time.CreateTimer(state => loop.Post((Action)state!), action, after, Timeout.InfiniteTimeSpan);

    private void Pulse()
    {
        loop.Turned = pages.Tick;
        // The first generation may grow to the size of the processor's cache (32 MiB and more) before the runtime looks at it; a node that makes 1 MiB of
        // garbage a second is better off with a short look now and then, and with one thorough look when the definitions have been read.
        loop.Every(TimeSpan.FromSeconds(10), static () => GC.Collect(0, GCCollectionMode.Forced, blocking: true));
        bool settled = false;
        loop.Every(
            TimeSpan.FromHours(1),
            () =>
            {
                if (!settled) GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                settled = true;
            },
            first: TimeSpan.FromSeconds(5));
        if (systemd.WatchdogInterval is { } beat) loop.Every(beat, systemd.Watchdog, first: TimeSpan.Zero);
        if (systemd.IsActive) loop.Every(TimeSpan.FromSeconds(30), () => systemd.Status(Summary()));
    }

    private async Task BeginAsync(DefinitionChange first)
    {
        loop.Start();
        await loop.AskAsync(() =>
        {
            core!.Start(store!.Recovered.Machines, first.Batch);
            string repaired = string.Join("; ", store.Recovered.Repairs.Select(repair => repair.Line));
            core.Sink.Tell(EventTypes.Startup, NewId(), startedAt, new StartupData
            {
                Version = Product.Version,
                Os = OperatingSystem.IsLinux() ? "linux" : "other",
                Arch = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
                Started = startedAt,
                Mode = options.Mode == ServerMode.Dev ? "dev" : "secure",
                Machines = reloads.Machines,
                Refused = reloads.Refused.Length,
                Repaired = repaired.Length == 0 ? null : repaired.Length > 2000 ? repaired[..2000] : repaired,
                Labels = options.Labels.Count == 0 ? null : options.Labels,
            });
            return true;
        });
    }

    private void Apply(DefinitionChange change, DefinitionCatalog catalog) => loop.Post(() =>
    {
        reloads.Take(change, logs.CreateLogger("machines"), counters, catalog);
        core!.Apply(change.Batch);
        broker?.MachinesChanged();
    });

    private void LookAtFiles(JsonFile overrides)
    {
        facts!.Look();
        overrides.Look();
    }

    private string Summary()
    {
        int refused = reloads.Refused.Length;
        string where = http is null ? "http off" : $"http {http.Address}";
        return $"{reloads.Machines} machines, {refused} file{(refused == 1 ? "" : "s")} refused, {where}";
    }

    private async ValueTask<ReadOnlyMemory<byte>> PageAsync()
    {
        NodeSample sample = await loop.AskAsync(() => sampler!.Sample());
        return renderer.Page(sample);
    }

    private void LoopFailed(Exception error)
    {
        LogMessages.LoopFailed(log, error);
        failed.TrySetResult();
    }

    private static string? MachineText(string text) => text.Length == 0 ? null : text;
}
