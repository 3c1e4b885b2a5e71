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
    private readonly string caller;

    private FleetClient(NatsConnection nats, string url, string caller, TimeProvider time)
    {
        this.nats = nats;
        this.time = time;
        this.caller = caller;
        Where = url;
        streams = new FleetStreams(nats);
        mesh = new MeshStreams(nats);
    }

    public string Where { get; }

    public bool IsFleet => true;

    /// <exception cref="CliException">No broker, or it refuses us.</exception>
    public static async Task<FleetClient> ConnectAsync(string url, string? token, string caller, TimeProvider time, TimeSpan timeout, CancellationToken stop)
    {
        NatsConnection? connection = null;
        try
        {
            connection = new NatsConnection(new NatsOpts
            {
                Url = url,
                Name = "scout-cli",
                AuthOpts = new NatsAuthOpts { Token = token },
                TimeProvider = time,
                ConnectTimeout = timeout < ConnectTimeout ? timeout : ConnectTimeout,
                CommandTimeout = timeout,
                RequestTimeout = timeout,
                SubPendingChannelCapacity = 16 * 1024,
            });
            await connection.ConnectAsync().AsTask().WaitAsync(stop);
            return new FleetClient(connection, url, caller, time);
        }
        catch (Exception failure) when (failure is NatsException or ArgumentException or FormatException)
        {
            if (connection is not null) await connection.DisposeAsync();
            throw BrokerErrors.Connect(url, failure);
        }
        catch
        {
            if (connection is not null) await connection.DisposeAsync();
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
            await using var round = new Round(nats, caller, time, questions, wait, progress);
            return await round.RunAsync(stop);
        });

    public async IAsyncEnumerable<EventRow> EventsAsync(EventQuery query, [EnumeratorCancellation] CancellationToken stop)
    {
        await using IAsyncEnumerator<EventRow> rows = streams.EventsAsync(query, stop).GetAsyncEnumerator(stop);
        while (await BrokerErrors.GuardAsync(Where, () => rows.MoveNextAsync().AsTask())) yield return rows.Current;
    }

    public Task<IReadOnlyList<StatusRow>> LastWordsAsync(string node, CancellationToken stop) => BrokerErrors.GuardAsync(Where, () => streams.LastWordsAsync(node, stop));

    public Task<MeshDocuments> MeshAsync(Action<string> remark, CancellationToken stop) => BrokerErrors.GuardAsync(Where, () => mesh.DocumentsAsync(remark, stop));

    public Task<IReadOnlyList<MeshFault>> FaultsAsync(Action<string> remark, CancellationToken stop) => BrokerErrors.GuardAsync(Where, () => mesh.FaultsAsync(remark, stop));

    public ValueTask DisposeAsync() => nats.DisposeAsync();
}
