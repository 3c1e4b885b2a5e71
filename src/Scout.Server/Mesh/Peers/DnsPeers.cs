using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Scout.Server.Configuration;
using Scout.Server.Logging;

namespace Scout.Server.Mesh.Peers;

/// <summary>
/// Peers behind a name: its addresses (A and AAAA) with the usual port, or, of a name that begins with <c>_</c>, the hosts and ports of its SRV records. Who is behind each is learned from <c>/mesh/ping</c>; until then it is no peer. Nobody who answered once is
/// forgotten because the resolver does not answer.
/// </summary>
internal sealed class DnsPeers : IPeerSource
{
    public const int MaxAddresses = 5000;

    private const int AtATime = 8;

    private readonly DnsSourceOptions options;
    private readonly IPeerNames names;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<IPEndPoint, PeerPong> known = [];
    private Task running = Task.CompletedTask;
    private string problem = "";
    private volatile bool ready;
    private long confirmed = long.MinValue;

    public DnsPeers(DnsSourceOptions options, IPeerNames names, TimeProvider time, ILogger log)
    {
        this.options = options;
        this.names = names;
        this.time = time;
        this.log = log;
    }

    public string Kind => "dns";

    public bool IsReady => ready;

    public ImmutableArray<PeerSeen> Peers { get; private set; } = [];

    public long? ConfirmedAt => Interlocked.Read(ref confirmed) is var at and > long.MinValue ? at : null;

    public void Start(Action changed) => running = Task.Run(() => RunAsync(changed));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private async Task RunAsync(Action changed)
    {
        try
        {
            while (true)
            {
                if (await LookAsync()) changed();
                await Task.Delay(options.Refresh, time, stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>One round; true when the list is another one.</summary>
    private async Task<bool> LookAsync()
    {
        IReadOnlyList<IPEndPoint>? found = await names.LookupAsync(options.Name, stop.Token);
        if (found is null)
        {
            Say($"'{options.Name}' cannot be resolved");
            return false;
        }

        if (found.Count > MaxAddresses) Say($"'{options.Name}' has {found.Count} addresses; the first {MaxAddresses} are used");
        else problem = "";
        IPEndPoint[] addresses = [.. found.Take(MaxAddresses)];
        foreach (IPEndPoint old in known.Keys.Except(addresses).ToArray()) known.Remove(old);
        using var places = new SemaphoreSlim(AtATime);
        PeerPong?[] answers = await Task.WhenAll(addresses.Select(async address =>
        {
            await places.WaitAsync(stop.Token);
            try
            {
                return await names.AskAsync(address.Address, address.Port, stop.Token);
            }
            finally
            {
                places.Release();
            }
        }));
        for (int i = 0; i < addresses.Length; i++)
        {
            if (answers[i] is { } pong) known[addresses[i]] = pong;
        }

        ImmutableArray<PeerSeen> now =
        [
            .. known.GroupBy(static one => one.Value.Node, StringComparer.Ordinal).Select(static group => Seen(group.Key, [.. group.OrderBy(static one => one.Key.ToString(), StringComparer.Ordinal)]))
                .OrderBy(static one => one.Name, StringComparer.Ordinal),
        ];
        bool moved = !ready || !now.SequenceEqual(Peers);
        Peers = now;
        ready = true;
        Interlocked.Exchange(ref confirmed, MeshClock.Now(time));
        return moved;
    }

    /// <summary>A peer has one port: what it has behind another one is left out.</summary>
    private static PeerSeen Seen(string node, KeyValuePair<IPEndPoint, PeerPong>[] places)
    {
        int port = places[0].Key.Port;
        return new PeerSeen(
            node, "", [.. places.Where(one => one.Key.Port == port).Select(static one => one.Key.Address)], port,
            places.Max(static one => one.Value.Incarnation), places.All(static one => one.Value.Leaving) ? PeerWord.Leaving : PeerWord.Up)
        {
            Pod = (places.FirstOrDefault(static one => !one.Value.Leaving) is { Value: { } stays } ? stays : places[0].Value).Pod,
        };
    }

    private void Say(string what)
    {
        if (what != problem) LogMessages.PeersUnknown(log, what);
        problem = what;
    }
}

/// <summary>What a responder says of itself on <c>/mesh/ping</c>.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Incarnation">Start in Unix seconds.</param>
/// <param name="Leaving">It says goodbye.</param>
/// <param name="Pod">Empty: none.</param>
internal sealed record PeerPong(string Node, uint Incarnation, bool Leaving, string Pod = "");

/// <summary>The network as far as it is needed to learn names.</summary>
internal interface IPeerNames
{
    /// <summary>Null: no answer. An empty list is one.</summary>
    ValueTask<IReadOnlyList<IPEndPoint>?> LookupAsync(string name, CancellationToken stop);

    /// <summary>Null: nobody, or no responder.</summary>
    Task<PeerPong?> AskAsync(IPAddress address, int port, CancellationToken stop);
}
