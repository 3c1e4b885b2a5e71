using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Cluster;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Mesh.Watching;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Roles;

/// <summary>Who is silent, with the rights that roles have: nodes hear nothing of each other's lifecycle, the broker hears all and may write places.</summary>
[Collection(RoleServerCollection.Name)]
public sealed class SilenceTests(RoleServer server)
{
    private const string Quiet = "quiet1";
    private static readonly DateTimeOffset Started = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_node_learns_from_the_broker_who_is_silent_and_nobody_else_can_speak_for_it()
    {
        server.Need();
        using var stop = new CancellationTokenSource();
        await using NatsConnection quiet = await ConnectAsync(server.Login(ScoutRole.Node, Quiet));
        await using NatsConnection other = await ConnectAsync(server.Login(ScoutRole.Node, "listener1"));
        await using NatsConnection own = await ConnectAsync(server.Login(ScoutRole.Broker, "broker"));
        await quiet.PublishAsync(Subjects.RosterKey(Quiet), Entry(Quiet));
        await using INatsSub<byte[]> heard = await other.SubscribeCoreAsync<byte[]>(Subjects.AllRoster);
        await other.PingAsync();
        var figures = new MeshFiguresBoard();
        var watch = new FleetWatch(new FleetWatchOptions { Broker = "silence", Silent = 1_500 }, 9);
        var service = new MeshService(watch, figures, static () => new Guid(1, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 0]), NullLogger.Instance, TimeProvider.System, new PlaceWriter(null, TimeProvider.System, NullLogger.Instance));
        Task running = service.RunAsync(own, stop.Token);

        Assert.True((await PlaceAsync(heard, static place => place?.Silent == true))!.Silent);

        // Another node that copies a good word of it there, and one whose acknowledgement the server puts there.
        await using RawLogin evil = await server.ConnectAsync(server.Login(ScoutRole.Node, "evil21"));
        await AttackStage.StoreAsync(evil, "$KV.SCOUT_NODES.evil21", Encoding.UTF8.GetString(Alive(Quiet)), AttackStage.CloudEvents);
        await evil.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES.$KV.SCOUT_NODES.evil21", reply: Subjects.Lifecycle(Quiet, LifecycleKind.Alive));
        await evil.PublishAsync("$KV.SCOUT_NODES.evil21", "{}", Subjects.Lifecycle(Quiet, LifecycleKind.Alive));
        Assert.Empty(await evil.SyncAsync());
        await Until.TrueAsync("both are counted and change nothing", () => figures.Current?.Ignored.Any(static one => one is { Reason: "malformed", Count: 2 }) == true, TimeSpan.FromSeconds(30));
        Assert.Equal(new NodePlace { Silent = true }, await StoredAsync(other));

        // It goes on saying so, as a living node does: one word alone is old before a busy broker looks.
        Task<NodePlace?> gone = PlaceAsync(heard, static place => place is null);
        while (!gone.IsCompleted)
        {
            await quiet.PublishAsync(Subjects.Lifecycle(Quiet, LifecycleKind.Alive), Alive(Quiet), headers: new NatsHeaders { ["Content-Type"] = "application/cloudevents+json" });
            await Task.WhenAny(gone, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System));
        }

        Assert.Null(await gone);
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>The next place of the node that fits, as another node hears it; null: it was deleted.</summary>
    private static async Task<NodePlace?> PlaceAsync(INatsSub<byte[]> heard, Func<NodePlace?, bool> fits)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await foreach (NatsMsg<byte[]> message in heard.Msgs.ReadAllAsync(limit.Token))
        {
            if (!Subjects.TryParsePlace(message.Subject, out string? node) || node != Quiet) continue;
            NodePlace? place = null;
            Assert.True(message.Headers?.ContainsKey("KV-Operation") == true || NodePlace.TryRead(message.Data ?? [], out place, out _));
            if (fits(place)) return place;
        }

        throw new InvalidOperationException("the line ended");
    }

    private static async Task<NodePlace?> StoredAsync(NatsConnection nats)
    {
        NatsKVEntry<byte[]>? entry = await new NatsKVContext(new NatsJSContext(nats)).GetStoreHandle(Subjects.RosterBucket).TryGetEntryAsync<byte[]>(Subjects.PlaceName(Quiet));
        return entry is { Value: { } bytes } && NodePlace.TryRead(bytes, out NodePlace? place, out _) ? place : null;
    }

    private static byte[] Alive(string node)
    {
        using var writer = new EventWriter();
        return writer.Write(new ScoutEvent
        {
            Id = new Guid(7, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 0]),
            Node = node,
            Machine = Names.NodeItself,
            Type = EventTypes.Alive,
            Time = Started,
            Data = new AliveData { Version = "0.1.0", Started = Started, UptimeS = 1, Machines = 0, States = ImmutableSortedDictionary<string, int>.Empty, Outbox = new OutboxDepth(0, 0) },
        }).ToArray();
    }

    private static byte[] Entry(string node) => new RosterEntry
    {
        Node = node,
        Version = "0.1.0",
        Os = "linux",
        Arch = "x64",
        Machines = 0,
        Started = Started,
        AliveS = 300,
        Mesh = new RosterMesh(["127.0.0.1"], 8620, "up"),
    }.ToBytes();

    private async Task<NatsConnection> ConnectAsync(RoleLogin login)
    {
        var nats = new NatsConnection(new NatsOpts { Url = server.Server.Url, AuthOpts = new NatsAuthOpts { Creds = NatsCreds.Create(login.Jwt, login.Key) }, InboxPrefix = login.Inbox });
        await nats.ConnectAsync();
        return nats;
    }
}
