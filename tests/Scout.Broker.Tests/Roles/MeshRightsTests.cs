using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Http;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Mesh.Watching;
using Scout.Broker.Tests.Mesh;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Roles;

/// <summary>The broker's part in the mesh with the rights of its role and no others: what it lacks would be an error of the server.</summary>
[Collection(RoleServerCollection.Name)]
public sealed class MeshRightsTests(RoleServer server)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_role_of_the_broker_suffices_for_the_mesh_and_what_nodes_steer_at_it_counts_for_nothing()
    {
        server.Need();
        using var stop = new CancellationTokenSource();
        RoleLogin everything = server.Login(static _ => new NatsUserPermissions());
        await using NatsConnection world = await ConnectAsync(everything);
        await using NatsConnection own = await ConnectAsync(server.Login(ScoutRole.Broker, "broker"));
        var errors = new ConcurrentQueue<string>();
        own.ServerError += (_, error) =>
        {
            errors.Enqueue(error.Error);
            return ValueTask.CompletedTask;
        };
        var fleet = new FakeFleet(10, 3);
        INatsKVStore roster = new NatsKVContext(new NatsJSContext(world)).GetStoreHandle(Subjects.RosterBucket);
        foreach (FakeNode node in fleet.Nodes) await roster.PutAsync(node.Name, Entry(node));
        var figures = new MeshFiguresBoard();
        var random = new Random(7);
        var service = new MeshService(new FleetWatch(new FleetWatchOptions { Broker = "one", Telling = 200 }, 7), figures, () => NewId(random), NullLogger.Instance, TimeProvider.System);
        Task running = service.RunAsync(own, stop.Token);
        Task telling = TellAsync(world, fleet, stop.Token);
        INatsKVStore mesh = new NatsKVContext(new NatsJSContext(world)).GetStoreHandle(Subjects.MeshBucket);
        await UntilAsync("it publishes", async () => await mesh.TryGetEntryAsync<byte[]>(MeshSummary.Key) is { Operation: NatsKVOperation.Put } && figures.Current is { Lease: true, Reporting: 10 });
        fleet["n07"].Silent = true;
        await UntilAsync("it finds the dead node", async () => MeshSummary.TryRead((await mesh.TryGetEntryAsync<byte[]>(MeshSummary.Key))?.Value ?? [], out MeshSummary? summary, out _) && summary.Confirmed == 1);

        // A node that was taken over: telemetry of another, and a lease of a broker that does not exist.
        await using RawLogin evil = await server.ConnectAsync(server.Login(ScoutRole.Node, "evil20", "web"));
        Assert.DoesNotContain("malformed\"} 1", Series(figures), StringComparison.Ordinal);
        await SteerAsync(evil, new MeshLossMessage { Node = "n01", Incarnation = FakeFleet.Incarnation, Number = 1_000_000, Clock = 0, Leaving = true }.ToBytes(), Subjects.MeshLoss("n01"));
        await UntilAsync("it counts the steered telemetry", () => Task.FromResult(Series(figures).Contains("scout_mesh_telemetry_ignored_total{reason=\"malformed\"} 1\n", StringComparison.Ordinal)));
        await SteerAsync(evil, new MeshLease { Broker = "evil", At = TimeProvider.System.GetUtcNow() }.ToBytes(), Subjects.MeshPrefix + MeshLease.Key);
        await UntilAsync("it has the lease again", async () =>
            await mesh.TryGetEntryAsync<byte[]>(MeshLease.Key) is { Operation: NatsKVOperation.Put, Value: { } lease } && Encoding.UTF8.GetString(lease).Contains("\"one\"", StringComparison.Ordinal) && figures.Current is { Lease: true });
        await stop.CancelAsync();
        await Task.WhenAll(running, telling).WaitAsync(Patience);
        Assert.Empty(errors);
    }

    private static async Task SteerAsync(RawLogin evil, byte[] bytes, string subject)
    {
        await AttackStage.StoreAsync(evil, "$KV.SCOUT_NODES.evil20", Encoding.UTF8.GetString(bytes));
        await evil.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES.$KV.SCOUT_NODES.evil20", reply: subject);
        Assert.Empty(await evil.SyncAsync());
    }

    private static async Task TellAsync(NatsConnection nats, FakeFleet fleet, CancellationToken stop)
    {
        TimeProvider time = TimeProvider.System;
        long begin = time.GetTimestamp();
        long told = 0;
        while (!stop.IsCancellationRequested)
        {
            long now = (long)time.GetElapsedTime(begin).TotalMilliseconds / 10 * 10;
            foreach (MeshLossMessage message in fleet.Messages(told, now, time.GetUtcNow())) await nats.PublishAsync(Subjects.MeshLoss(message.Node), message.ToBytes(), cancellationToken: CancellationToken.None);
            told = now;
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        }
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> condition) => await Until.TrueAsync(what, condition, Patience);

    private static string Series(MeshFiguresBoard figures)
    {
        var text = new StringBuilder();
        if (figures.Current is { } current) MeshMetrics.Render(text, current);
        return text.ToString();
    }

    private static Guid NewId(Random random)
    {
        byte[] bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private static byte[] Entry(FakeNode node) => new RosterEntry
    {
        Node = node.Name,
        Version = "0.1.0",
        Os = "linux",
        Arch = "x64",
        Zone = node.Zone,
        Machines = 0,
        Started = DateTimeOffset.FromUnixTimeSeconds(FakeFleet.Incarnation),
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
