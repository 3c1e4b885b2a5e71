using Microsoft.Extensions.Logging;
using Scout.Auditing;
using Scout.Checks;
using Scout.Checks.Execution;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Names;
using Scout.Machines.Hosting;
using Scout.Protocol.Events;
using Scout.Server.Configuration;
using Scout.Server.Connection;
using Scout.Server.Logging;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Rpc;
using Scout.Server.Runs;
using Scout.Server.Security.Audit;
using Scout.Server.Security.Policy;
using Scout.Server.Store;

namespace Scout.Server.Life;

/// <summary>Makes the parts of a node from its options: each from what it needs, none knows the others' making.</summary>
internal sealed class NodeParts(ServerOptions options, TimeProvider time, NodeCounters counters, ILoggerFactory logs)
{
    public NodeStore Store(IStoreFiles files)
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
                    Publishes = options.HasBroker,
                },
                files, time, logs.CreateLogger("store"));
            opened.Synced = counters.StoreSync.Observe;
            return opened;
        }
        catch (StoreException error)
        {
            throw new LifeException(error.Problem == StoreProblem.Unusable ? 3 : 2, error.Message);
        }
    }

    /// <summary>Whom plugins may be run as.</summary>
    /// <exception cref="LifeException">Exit code 3: the configuration names other users, and this process cannot become them.</exception>
    public RunUsers Users()
    {
        RunUsers users = RunUsers.Of(options.PluginUser, options.PluginUsers);
        if (users.ChangesUser && PluginExecutors.CannotRunAsOthers(options.Executor == ExecutorKind.Process) is { } missing)
            throw new LifeException(3, $"plugins cannot be run as another user: {missing}", "or leave 'plugin_user' and 'plugin_users' out of the configuration");
        return users;
    }

    public IPluginExecutor Executor() => PluginExecutors.Create(
        new PluginExecutorOptions
        {
            Node = options.Node,
            PluginPath = options.PluginPath,
            PluginOwners = options.PluginOwners,
            MaxOutput = options.MaxOutput,
            MaxOpenFiles = options.MaxOpenFiles,
            EndOldRuns = true,
            Time = time,
            Observer = new ExecutorLog(logs.CreateLogger("runs"), counters),
        },
        options.Executor == ExecutorKind.Process);

    public NodeCore Core(NodeStore store, NodeDefinitions definitions, IPluginExecutor executor, NodeLoop loop, string temporary, OthersFiles others, IStallClock? stalls = null)
    {
        var host = new MachineHostOptions
        {
            Node = options.Node,
            Time = time,
            NewId = () => EventIds.New(time),
            TimeZone = options.TimeZone,
            Events = options.Events.Default,
            BootedAt = HostFacts.BootedAt(),
            Facts = () => definitions.Facts.Value,
            Overrides = () => definitions.Overrides,
        };
        var runner = new RunnerOptions { Node = options.Node, Slots = options.Slots, FilesFolder = temporary, OthersFiles = others, Users = Users(), Facts = () => definitions.Facts.Text };
        return new NodeCore(new NodeCoreOptions(host, runner) { Probes = new ProbeContext { Time = time, Names = new SystemNameLookup(), Stalls = stalls ?? NoStallClock.Instance } }, new StoreJournal(store), executor, loop, counters, time)
        {
            EventSeen = new EventLog(logs.CreateLogger("machines")).See,
        };
    }

    public RpcService Rpc(NodeStore store, NodeDefinitions definitions, NodeCore core, NodeLoop loop, IRequestPolicy policy, AuditTrail audit, RpcMesh mesh, DateTimeOffset startedAt, Func<BrokerState?> broker)
    {
        var node = new RpcNode
        {
            Name = options.Node,
            Version = Product.Version,
            Started = startedAt,
            Mode = options.Mode == ServerMode.Dev ? "dev" : "secure",
            Labels = options.Labels,
            Zone = TextOrNull(options.Zone),
            Region = TextOrNull(options.Region),
            Facts = () => definitions.Facts.Value,
            Outbox = () => store.Statistics() is { } figures ? new OutboxDepth((int)figures.OutboxEvents, figures.OutboxBytes) : new OutboxDepth(0, 0),
            Broker = () => broker()?.Words ?? "starting",
            Enrolment = () => broker()?.Enrolment?.Word,
            Trust = () => broker()?.Trust,
            Refused = () => [.. ((policy as SharedLoginPolicy)?.Inner as NodePolicy ?? policy as NodePolicy)?.Problems ?? [], .. definitions.Reloads.Refused.Select(file => (file.Path, file.Error))],
        };
        var effects = new RpcEffects(core, new StoreJournal(store), policy, audit, node, Later, () => EventIds.New(time), time);
        return new RpcService(loop, new RpcReads(core, node, policy), effects, new RpcHistory(store, time), node, policy, audit, counters, time, logs.CreateLogger("rpc"), mesh);

        IDisposable Later(TimeSpan after, Action action) => time.CreateTimer(state => loop.Post((Action)state!), action, after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Who may do what: in dev mode everybody everything, unless a policy was named.</summary>
    public IRequestPolicy Policy(NodeDefinitions definitions)
    {
        if (options.Policy.Length == 0) return new OpenPolicy();
        var policy = new NodePolicy(options.Policy, options.PolicyIsDefault, logs.CreateLogger("rpc"));
        definitions.AlsoLook(options.Policy, policy.Look);
        return options.SharesLogin ? new SharedLoginPolicy(policy, options.TrustBroker) : policy;
    }

    /// <summary>The audit, begun.</summary>
    public AuditTrail Audit(NodeCore core, NodeLoop loop)
    {
        ILogger log = logs.CreateLogger("rpc");
        AuditFile? file = options.AuditFile.Length == 0 ? null : new AuditFile(options.AuditFile, reason =>
        {
            if (reason is null) LogMessages.AuditFileWorks(log, options.AuditFile);
            else LogMessages.AuditFileFailed(log, options.AuditFile, reason);
        });
        var audit = new AuditTrail(options.Node, loop, core.Sink, file, counters, () => EventIds.New(time), time);
        loop.Every(AuditTrail.Period, audit.Beat);
        return audit;
    }

    private static string? TextOrNull(string text) => text.Length == 0 ? null : text;
}
