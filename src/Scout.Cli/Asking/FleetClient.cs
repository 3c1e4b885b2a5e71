using System.Runtime.CompilerServices;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Mesh.Watching;
using Scout.Cli.Errors;
using Scout.Cli.Meshes;
using Scout.Cli.Views;
using Scout.Nats;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Asking;

/// <summary>A fleet behind a broker: the roster says who exists, each node is asked on its own subject (nats.md 14).</summary>
internal sealed class FleetClient : INodeAsker, IMeshStore
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly NatsConnection nats;
    private readonly FleetStreams streams;
    private readonly MeshStreams mesh;
    private readonly TimeProvider time;
    private readonly Login login;

    private FleetClient(NatsConnection nats, string url, Login login, TimeProvider time)
    {
        this.nats = nats;
        this.time = time;
        this.login = login;
        Where = url;
        streams = new FleetStreams(nats);
        mesh = new MeshStreams(nats);
    }

    public string Where { get; }

    public bool IsFleet => true;

    /// <summary>Requests carry a signature.</summary>
    public bool IsSigned => login.Creds is not null;

    /// <summary>Asks services of the broker.</summary>
    public SignedRequester Signed => new(nats, login, Where);

    /// <param name="url">Addresses, with commas.</param>
    /// <param name="login">Who we are; belongs to the client from here on.</param>
    /// <param name="time">Clock.</param>
    /// <param name="timeout">How long each step may take.</param>
    /// <param name="stop">Ctrl-C.</param>
    /// <exception cref="CliException">No broker, or it refuses us.</exception>
    public static async Task<FleetClient> ConnectAsync(string url, Login login, TimeProvider time, TimeSpan timeout, CancellationToken stop)
    {
        NatsConnection? connection = null;
        try
        {
            connection = new NatsConnection(login.Apply(new NatsOpts
            {
                Url = url,
                Name = "scout-cli",
                TimeProvider = time,
                ConnectTimeout = timeout < ConnectTimeout ? timeout : ConnectTimeout,
                CommandTimeout = timeout,
                RequestTimeout = timeout,
                SubPendingChannelCapacity = 16 * 1024,
            }));
            await connection.ConnectAsync().AsTask().WaitAsync(stop);
            return new FleetClient(connection, url, login, time);
        }
        catch (Exception failure)
        {
            if (connection is not null) await connection.DisposeAsync();
            login.Dispose();
            if (failure is NatsException or ArgumentException or FormatException) throw BrokerErrors.Connect(url, failure, login);
            throw;
        }
    }

    public Task LiveAsync(Action<IReadOnlyList<FaultChange>, LivePage?> seen, CancellationToken stop) => BrokerErrors.GuardAsync(Where, async () =>
    {
        await new LiveMesh(nats, time).RunAsync(seen, stop);
        return true;
    });

    public Task<IReadOnlyList<KnownNode>> KnownAsync(CancellationToken stop) => BrokerErrors.GuardAsync(Where, () => streams.RosterAsync(stop));

    public Task<IReadOnlyList<NodeAnswer>> AskAsync(IReadOnlyList<Question> questions, TimeSpan wait, Action<NodeAnswer>? progress, CancellationToken stop) =>
        BrokerErrors.GuardAsync(Where, async () =>
        {
            await using var round = new Round(nats, login, time, questions, wait, progress);
            return await round.RunAsync(stop);
        });

    public async IAsyncEnumerable<EventRow> EventsAsync(EventQuery query, [EnumeratorCancellation] CancellationToken stop)
    {
        await using IAsyncEnumerator<EventRow> rows = streams.EventsAsync(query, stop).GetAsyncEnumerator(stop);
        while (await BrokerErrors.GuardAsync(Where, () => rows.MoveNextAsync().AsTask())) yield return rows.Current;
    }

    public Task<IReadOnlyList<StatusRow>> LastWordsAsync(string node, CancellationToken stop) => BrokerErrors.GuardAsync(Where, () => streams.LastWordsAsync(node, stop));

    /// <summary>Takes a node off the roster.</summary>
    public Task ForgetAsync(string node, CancellationToken stop) => BrokerErrors.GuardAsync(Where, async () =>
    {
        await streams.ForgetAsync(node, stop);
        return true;
    });

    public Task<MeshDocuments> MeshAsync(Action<string> remark, CancellationToken stop) => BrokerErrors.GuardAsync(Where, () => mesh.DocumentsAsync(remark, stop));

    public Task<IReadOnlyList<MeshFault>> FaultsAsync(Action<string> remark, CancellationToken stop) => BrokerErrors.GuardAsync(Where, () => mesh.FaultsAsync(remark, stop));

    public async ValueTask DisposeAsync()
    {
        await nats.DisposeAsync();
        login.Dispose();
    }
}
