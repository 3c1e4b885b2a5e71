using Microsoft.Extensions.Logging;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;
using Scout.Server.Configuration;
using Scout.Server.Logging;
using Scout.Server.Loop;
using Scout.Server.Outbox;
using Scout.Server.Rpc;
using Scout.Server.Security.Audit;
using Scout.Server.Security.Trust;
using Scout.Server.Store;

namespace Scout.Server.Connection;

/// <summary>
/// Everything that needs a broker: the connection, the outbox's sender, the RPC endpoint, roster and lifecycle. Made when the node is ready; the node
/// never waits for it.
/// </summary>
internal sealed class BrokerLine : IAsyncDisposable
{
    private readonly ServerOptions options;
    private readonly string shown;
    private readonly BrokerParts told;
    private readonly NatsConnection connection;
    private readonly EventPublisher publisher;
    private readonly RpcEndpoint endpoint;
    private readonly NodePresence presence;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private long connects;
    private long dropped;
    private Task? listening;
    private int disposed;

    /// <summary>Begins to connect, for ever.</summary>
    /// <param name="login">Where to, and as whom.</param>
    /// <param name="parts">The node.</param>
    /// <param name="seed">Of all jitter.</param>
    /// <param name="logs">Makes the loggers.</param>
    public BrokerLine(BrokerLogin login, BrokerParts parts, int seed, ILoggerFactory logs)
    {
        options = parts.Options;
        shown = string.Join(',', login.Urls);
        told = parts;
        connection = new NatsConnection(login.ToOpts("scout/" + options.Node, parts.Time, seed));
        log = logs.CreateLogger("connection");
        presence = new NodePresence(parts, connection, new Random(seed + 1), log);
        publisher = new EventPublisher(
            parts.Store,
            new JetStreamEvents(connection),
            new EventPublisherOptions
            {
                Seed = seed + 2,
                ReportDrops = () => parts.Loop.Post(() => DropReports.Commit(parts.Store, parts.Core.Sink, parts.NewId, parts.Time)),
                RepeatStates = known => parts.Loop.Post(() => parts.Core.Host.Repeat(parts.Names().Where(name => !known.Contains(name)).ToArray())),
            },
            parts.Time,
            logs.CreateLogger("outbox"));
        endpoint = new RpcEndpoint(connection, parts.Rpc, options.Node, options.Groups, parts.Proof, parts.Counters, parts.Time, new Random(seed + 3), logs.CreateLogger("rpc"))
        {
            Shared = !options.SharesLogin ? null : options.TrustBroker ? ScoutRole.Operator : ScoutRole.Viewer,
            News = parts.News is { } believe ? new TrustNews(believe, parts.Trust, parts.Audit, parts.Counters, () => presence.RosterWithin(login.Spread), parts.Time, logs.CreateLogger("connection")) : null,
        };
        Begin();
    }

    /// <summary>For those parts of the node that speak for themselves.</summary>
    public NatsConnection Connection => connection;

    /// <summary>Of which requests are heard.</summary>
    public IReadOnlyList<string> Groups => options.Groups;

    public BrokerState State
    {
        get
        {
            CountDropped();
            NatsConnectionStatus status = connection.Status;
            bool refused = status.State == NatsConnectionState.Refused || publisher.RefusedReason is not null;
            string words = publisher.RefusedReason is { } why ? "refused: " + why
                : status.State == NatsConnectionState.Open ? "connected"
                : $"{status.State.ToString().ToLowerInvariant()}: {status.Reason}";
            return new BrokerState(
                status.State == NatsConnectionState.Open, refused, Math.Max(0, Interlocked.Read(ref connects) - 1), publisher.Resent, publisher.Suspicious, words);
        }
    }

    /// <summary>On the loop: commits began to fail, or work again.</summary>
    public void HealthChanged() => presence.SayAlive();

    /// <summary>On the loop: there are other machines.</summary>
    public void MachinesChanged() => presence.RosterChanged();

    /// <summary>The node's part in the mesh is another: told at once.</summary>
    public void MeshChanged() => presence.RosterNow();

    /// <summary>Leaves: roster, and up to 5 s for acknowledgements.</summary>
    public async Task StopAsync()
    {
        if (connection.ConnectionState == NatsConnectionState.Open)
        {
            await presence.LeaveAsync();
            await publisher.StopAsync(TimeSpan.FromSeconds(5));
        }

        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await stop.CancelAsync();
        presence.Dispose();
        await publisher.DisposeAsync();
        await connection.DisposeAsync();
        if (listening is not null) await listening;
        stop.Dispose();
    }

    // The event comes once a burst; the number is that of messages.
    private void CountDropped()
    {
        long now = connection.Stats.DroppedMessages;
        long before = Interlocked.Exchange(ref dropped, now);
        if (now > before) told.Counters.Limits.Add("subscription", now - before);
    }

    private void Begin()
    {
        connection.ConnectionOpened += (_, _) =>
        {
            Interlocked.Increment(ref connects);
            LogMessages.Connected(log, shown, $"nats-server {connection.ServerInfo?.Version}");
            endpoint.LineOpened();
            told.LoggedIn();
            presence.Connected();
            publisher.Connected();
            return ValueTask.CompletedTask;
        };
        connection.ConnectionDisconnected += (_, args) =>
        {
            // What we close ourselves is not lost.
            if (Volatile.Read(ref disposed) == 0) LogMessages.Disconnected(log, args.Message);
            publisher.Disconnected();
            return ValueTask.CompletedTask;
        };
        connection.ReconnectFailed += (_, args) =>
        {
            LogMessages.CannotConnect(log, shown, args.Message);
            if (connection.ConnectionState == NatsConnectionState.Refused) told.LoginRefused();
            return ValueTask.CompletedTask;
        };
        connection.ServerError += (_, args) =>
        {
            LogMessages.BrokerRefuses(log, args.Error);
            return ValueTask.CompletedTask;
        };
        connection.MessageDropped += (_, _) =>
        {
            CountDropped();
            return ValueTask.CompletedTask;
        };
        presence.Start();
        listening = Task.Run(async () =>
        {
            try
            {
                await connection.ConnectAsync();
                // Without a proof of who asks, nobody is answered (security.md section 7).
                if (options.Mode == ServerMode.Dev || options.SharesLogin || told.Proof is not null) await endpoint.RunAsync(stop.Token);
            }
            catch (Exception error) when (error is NatsException or OperationCanceledException or ObjectDisposedException)
            {
                if (!stop.IsCancellationRequested) LogMessages.CannotConnect(log, shown, error.Message);
            }
        });
    }
}

/// <summary>What a line needs of the node.</summary>
internal sealed record BrokerParts
{
    public required ServerOptions Options { get; init; }

    public required NodeStore Store { get; init; }

    public required NodeCore Core { get; init; }

    public required NodeLoop Loop { get; init; }

    public required RpcService Rpc { get; init; }

    /// <summary>Proves who sent a request; null in dev mode.</summary>
    public Protocol.Security.Signing.RequestProof? Proof { get; init; }

    /// <summary>What came without being asked for: a newer trust document. Null: this node gets it in another way.</summary>
    public Func<TrustDocument, string?>? News { get; init; }

    /// <summary>Whom the node believes now.</summary>
    public Func<TrustDocument?> Trust { get; init; } = static () => null;

    public required AuditTrail Audit { get; init; }

    public required Metrics.NodeCounters Counters { get; init; }

    public required TimeProvider Time { get; init; }

    public required Func<Guid> NewId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required long StartedTicks { get; init; }

    /// <summary>Public key of the node, which another may take the place of; null in dev mode.</summary>
    public Func<string?> Key { get; init; } = static () => null;

    /// <summary>The broker let us in.</summary>
    public Action LoggedIn { get; init; } = static () => { };

    /// <summary>The broker does not let us in.</summary>
    public Action LoginRefused { get; init; } = static () => { };

    /// <summary>What the roster says of the node's part in the mesh; null: it has none.</summary>
    public Func<Scout.Protocol.Mesh.RosterMesh?> Mesh { get; init; } = static () => null;

    /// <summary>All machines that are not deleted. On the loop.</summary>
    public IEnumerable<string> Names() => Core.Host.Views().Where(view => !view.Deleted).Select(view => view.Name);
}
