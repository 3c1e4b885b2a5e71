using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;
using Scout.Protocol.Streams;
using Scout.Server.Mesh.Peers;
using Scout.Testing;

namespace Scout.Server.Tests.Mesh.Peers;

/// <summary>Against a real nats-server, which sends stored messages wherever a request says.</summary>
public sealed class RosterPeersTests
{
    [Theory]
    [InlineData("$KV.SCOUT_NODES.n1", true)]
    [InlineData("$KV.SCOUT_NODES.n1", false)]
    [InlineData("scout.roster.n1", true)]
    [InlineData("scout.roster.n1", false)]
    public async Task What_another_node_steers_onto_an_entry_changes_nothing(string subject, bool deletion)
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync();
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        var js = new NatsJSContext(nats);
        await js.CreateStreamAsync(new StreamConfig { Name = StreamCatalog.Roster, Subjects = ["$KV.SCOUT_NODES.>"], MaxMsgsPerSubject = 5, AllowDirect = true, Republish = new Republish { Src = "$KV.SCOUT_NODES.>", Dest = "scout.roster.>" } });
        await js.PublishAsync(Subjects.RosterKey("n1"), Entry("n1", "10.0.0.1"));
        await using var peers = new RosterPeers("self", TimeProvider.System, NullLogger.Instance);
        peers.Start(static () => { });
        peers.Attach(nats);
        await Wait.UntilAsync(() => peers.Peers.Length == 1, () => "n1");
        await js.PublishAsync(Subjects.RosterKey("evil"), deletion ? [] : Entry("n1", "10.6.6.6"), headers: deletion ? new NatsHeaders { ["KV-Operation"] = "DEL" } : null);
        await nats.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES." + Subjects.RosterKey("evil"), Array.Empty<byte>(), replyTo: subject);
        // Behind all of that, something true.
        await nats.PingAsync();
        await js.PublishAsync(Subjects.RosterKey("n2"), Entry("n2", "10.0.0.2"));
        await Wait.UntilAsync(() => peers.Peers.Any(static one => one.Name == "n2"), () => "n2");
        Assert.Equal(IPAddress.Parse("10.0.0.1"), peers.Peers.Single(static one => one.Name == "n1").Addresses[0]);
    }

    private static byte[] Entry(string node, string address) => new RosterEntry
    {
        Node = node,
        Version = "0.1.0",
        Os = "linux",
        Arch = "x64",
        Machines = 1,
        Started = DateTimeOffset.UnixEpoch.AddYears(56),
        AliveS = 300,
        Mesh = new RosterMesh([address], 8620, "up"),
    }.ToBytes();
}
