using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Scout.Checks.Sockets;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Engine;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Responding;
using Scout.Testing;

namespace Scout.Server.Tests.Mesh.Engine;

/// <summary>Whom the responder answers and how many at once, what a question beside the schedule is told, and reflectors of others.</summary>
public sealed class ResponderEdgeTests : IDisposable
{
    private readonly List<MeshEngine> opened = [];

    public void Dispose()
    {
        foreach (MeshEngine engine in opened) engine.Dispose();
    }

    [Fact]
    public async Task Addresses_that_are_not_allowed_get_no_answer_over_udp_and_a_reset_over_tcp_and_are_counted()
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        (MeshEngine b, _) = Engine("b");
        b.Access.AllowNetworks([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")]);
        a.Apply(new MeshPlan([MeshEngineTests.Path("b", b.Port)], ProbeKind.Full));
        await Until.TrueAsync("lost", () => log.Udp.Any(trial => trial.Outcome == UdpOutcome.Lost) && log.Tcp.Any(trial => trial.Outcome == TcpOutcome.Reset), TimeSpan.FromSeconds(20));
        Assert.DoesNotContain(log.Udp, trial => trial.Outcome == UdpOutcome.Ok);
        Assert.True(b.UdpAnswers.Refused > 0);
        Assert.True(b.TcpAnswers.Refused > 0);

        // As the roster tells it, and as a network.
        b.Access.AllowAddresses([IPAddress.Parse("10.1.1.1"), IPAddress.Loopback]);
        await Until.TrueAsync("answered", () => log.Udp.Any(trial => trial.Outcome == UdpOutcome.Ok) && log.Tcp.Any(trial => trial.Outcome == TcpOutcome.Ok), TimeSpan.FromSeconds(20));
        b.Access.AllowAddresses([IPAddress.Parse("10.1.1.1")]);
        long refused = b.UdpAnswers.Refused;
        await Until.TrueAsync("refused again", () => b.UdpAnswers.Refused > refused, TimeSpan.FromSeconds(20));
        b.Access.AllowNetworks([IPNetwork.Parse("127.0.0.0/8")]);
        int ok = log.Ok;
        await Until.TrueAsync("answered again", () => log.Ok > ok, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Of_more_than_256_open_connections_the_rest_waits_until_idle_ones_are_closed()
    {
        Assert.Equal(0, StreamSocket.Listen(IPAddress.Loopback, 0, 128, out int listener, out int port));
        var time = new ManualTime();
        using var responder = new TcpResponder(listener, "b", "", 1, new MeshAccess(), time);
        responder.Start();
        var idle = new List<Socket>();
        try
        {
            for (int i = 0; i < 256; i++) idle.Add(await ConnectAsync(port));
            await Until.TrueAsync("the table is full", () => responder.Counters.Limited > 0, TimeSpan.FromSeconds(20));

            // A whole request comes, and waits before the door.
            Task<PeerPing> waiting = PeerPing.RunAsync(IPAddress.Loopback, port, TimeSpan.FromSeconds(30), TimeProvider.System, CancellationToken.None);
            Assert.Equal((0, 0), (responder.Counters.Answered, responder.Counters.TimedOut));
            // The responder takes timestamps for ns, as they are on Linux; those of this clock are 100 ns.
            time.Advance(TimeSpan.FromSeconds(110));
            Assert.Equal("b", (await waiting).Pong?.Node);
            Assert.Equal(256, responder.Counters.TimedOut);
            foreach (Socket socket in idle) Assert.Equal(0, await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
        }
        finally
        {
            foreach (Socket socket in idle) socket.Dispose();
        }
    }

    [Fact]
    public async Task A_question_over_tcp_is_told_why_it_failed()
    {
        (MeshEngine b, _) = Engine("b");
        Assert.Equal((TcpOutcome.Ok, "b"), ((await PingAsync(b.Port)) is var good ? good.Outcome : default, good.Pong?.Node));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Equal(TcpOutcome.Timeout, (await PeerPing.RunAsync(IPAddress.Loopback, port, TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None)).Outcome);
        (await listener.AcceptSocketAsync(TestContext.Current.CancellationToken)).Dispose();

        Task<PeerPing> cut = PingAsync(port);
        using (Socket server = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken))
        {
            await server.ReceiveAsync(new byte[10], TestContext.Current.CancellationToken);
            server.LingerState = new LingerOption(true, 0);
        }

        Assert.Equal(TcpOutcome.Reset, (await cut).Outcome);

        Task<PeerPing> strange = PingAsync(port);
        using (Socket server = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken))
        {
            await server.ReceiveAsync(new byte[2048], TestContext.Current.CancellationToken);
            await server.SendAsync("HTTP/1.1 500 No\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        Assert.Equal(TcpOutcome.Status, (await strange).Outcome);
        listener.Stop();
        Assert.Equal(TcpOutcome.Refused, (await PingAsync(port)).Outcome);
        using var over = new CancellationTokenSource();
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PeerPing.RunAsync(IPAddress.Loopback, port, TimeSpan.FromSeconds(5), TimeProvider.System, over.Token));
    }

    [Fact]
    public async Task Questions_of_both_kinds_share_the_budget_and_say_so_when_it_is_spent()
    {
        (MeshEngine a, _) = Engine("a", new ProberSettings { UdpInterval = 3600 * ProberSettings.Second, TcpInterval = 0, MtuInterval = 0, TraceCooldown = 0, ReactiveBudget = 7, ReactivePackets = 0 });
        (MeshEngine b, _) = Engine("b");
        a.Apply(new MeshPlan([MeshEngineTests.Path("b", b.Port)], ProbeKind.Full));
        Assert.False((await a.AskAsync(NodeId.Of("nobody"), 0, 5, CancellationToken.None)).IsPlanned);
        int taken = 0;
        while (taken < 8 && await a.TakeBudgetAsync(CancellationToken.None)) taken++;
        AskedProbe asked = await a.AskAsync(NodeId.Of("b"), 0, 2, CancellationToken.None);
        // A machine that takes a second for eight steps has a new second's budget; else it is spent.
        if (taken == 7) Assert.Equal((true, 0, 2), (asked.IsPlanned, asked.Decided, asked.NotSent));
        await Until.TrueAsync("a new second", async () => await a.TakeBudgetAsync(CancellationToken.None), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_reflector_that_knows_no_session_id_and_no_tlv_is_measured_all_the_same()
    {
        using var reflector = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        reflector.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        (MeshEngine a, TrialLog log) = Engine("a");
        a.Apply(new MeshPlan([MeshEngineTests.Path("x", ((IPEndPoint)reflector.LocalEndPoint!).Port)], ProbeKind.Full));
        byte[] got = new byte[2048];
        for (uint counter = 0; counter < 6; counter++)
        {
            SocketReceiveFromResult request = await reflector.ReceiveFromAsync(got, new IPEndPoint(IPAddress.Any, 0), TestContext.Current.CancellationToken);
            byte[] reply = new byte[44];
            BinaryPrimitives.WriteUInt32BigEndian(reply, counter);
            got.AsSpan(4, 10).CopyTo(reply.AsSpan(4));
            got.AsSpan(4, 8).CopyTo(reply.AsSpan(16));
            got.AsSpan(0, 14).CopyTo(reply.AsSpan(24));
            await reflector.SendToAsync(reply, request.RemoteEndPoint, TestContext.Current.CancellationToken);
        }

        await Until.TrueAsync("its answers count", () => log.Ok >= 4, TimeSpan.FromSeconds(20));
        Assert.Equal(0, a.Oddities.Malformed);
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken);
        return socket;
    }

    private static Task<PeerPing> PingAsync(int port) => PeerPing.RunAsync(IPAddress.Loopback, port, TimeSpan.FromSeconds(10), TimeProvider.System, CancellationToken.None);

    private (MeshEngine Engine, TrialLog Log) Engine(string node, ProberSettings? prober = null)
    {
        var log = new TrialLog();
        MeshEngineOptions options = MeshEngineTests.Options(node);
        MeshEngine engine = MeshEngine.Open(prober is null ? options : options with { Prober = prober }, log, TimeProvider.System);
        opened.Add(engine);
        engine.Start();
        return (engine, log);
    }
}
