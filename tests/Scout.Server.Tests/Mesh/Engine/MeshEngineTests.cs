using System.Net;
using System.Net.Sockets;
using System.Text;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Engine;
using Scout.Server.Mesh.Probing;
using Scout.Testing;

namespace Scout.Server.Tests.Mesh.Engine;

/// <summary>Real threads and sockets on the loopback interface.</summary>
public sealed class MeshEngineTests : IDisposable
{
    private const long Ms = ProberSettings.Millisecond;

    private readonly List<IDisposable> opened = [];

    public void Dispose()
    {
        foreach (IDisposable item in opened) item.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Two_engines_reach_each_other_by_udp_and_tcp(string address)
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        (MeshEngine b, TrialLog other) = Engine("b");
        a.Apply(Plan(Path("b", b.Port, address)));
        b.Apply(Plan(Path("a", a.Port, address)));
        await Until.TrueAsync("probes both ways", () => log.Ok >= 20 && other.Ok >= 20 && log.Tcp.Count >= 5);
        Assert.All(log.Udp, trial => Assert.Equal(UdpOutcome.Ok, trial.Outcome));
        Assert.All(log.Udp, trial => Assert.InRange(trial.RoundTrip, 1, 200 * Ms));
        Assert.All(log.Tcp, trial => Assert.Equal(TcpOutcome.Ok, trial.Outcome));
        Assert.All(log.Tcp, trial => Assert.True(trial.Connect >= 0 && trial.FirstByte >= trial.Connect && trial.Total >= trial.FirstByte, $"{trial}"));
        Assert.Equal(16, log.Udp.Take(16).Select(trial => trial.PortIndex).Distinct().Count());
        Assert.True(b.UdpAnswers.Answered >= 20);
        Assert.True(b.TcpAnswers.Answered >= 5);
        Assert.Equal(1, b.Senders.HeardSince(0));
        Assert.DoesNotContain(MeshNote.Strange, log.Notes);
        Assert.Equal((0L, 0L), a.Oddities);
    }

    [Fact]
    public async Task Another_node_at_the_address_is_identity()
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        (MeshEngine b, _) = Engine("b");
        a.Apply(Plan(Path("c", b.Port)));
        await Until.TrueAsync("answers of the wrong node", () => log.Udp.Count >= 3 && log.Tcp.Count >= 2);
        Assert.All(log.Udp, trial => Assert.Equal(UdpOutcome.Identity, trial.Outcome));
        Assert.All(log.Tcp, trial => Assert.Equal(TcpOutcome.Identity, trial.Outcome));
    }

    [Fact]
    public async Task A_closed_port_is_refused_and_delays_nobody()
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        (MeshEngine b, _) = Engine("b");
        int closed = FreePort();
        a.Apply(Plan(Path("b", b.Port), Path("dead", closed), Path("dead6", closed, "::1")));
        await Until.TrueAsync("probes of the living", () => log.Ok >= 20 && log.Tcp.Count >= 12);
        Assert.All(log.Udp, trial => Assert.Equal(trial.Path.Peer == "b" ? UdpOutcome.Ok : UdpOutcome.Refused, trial.Outcome));
        Assert.All(log.Tcp, trial => Assert.Equal(trial.Path.Peer == "b" ? TcpOutcome.Ok : TcpOutcome.Refused, trial.Outcome));
        Assert.Contains(log.Udp, trial => trial.Path.Peer == "dead6");
        Assert.Contains(log.Udp, trial => trial.Path.Peer == "dead");
    }

    [Fact]
    public async Task A_peer_that_accepts_and_says_nothing_times_out_alone()
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        (MeshEngine b, _) = Engine("b");
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        a.Apply(Plan(Path("b", b.Port), Path("mute", ((IPEndPoint)silent.LocalEndpoint).Port)));
        await Until.TrueAsync("timeouts", () => log.Tcp.Count(trial => trial.Path.Peer == "mute") >= 2);
        TcpTrial mute = log.Tcp.First(trial => trial.Path.Peer == "mute");
        Assert.True(mute.Outcome is TcpOutcome.Timeout or TcpOutcome.Stalled, $"{mute}");
        Assert.True(mute.Connect >= 0);
        Assert.Equal(-1, mute.Total);
        Assert.All(log.Tcp.Where(trial => trial.Path.Peer == "b"), trial => Assert.True(trial.Outcome is TcpOutcome.Ok or TcpOutcome.Stalled, $"{trial}"));
    }

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", TcpOutcome.Status)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"node\":\"liar\"", TcpOutcome.Status)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", TcpOutcome.Status)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", TcpOutcome.Status)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"node\":\"other\",\"incarnation\":-1,\"leaving\":\"maybe\"}", TcpOutcome.Identity)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"node\":\"liar\",\"incarnation\":7,\"leaving\":false,\"more\":[{}]}", TcpOutcome.Ok)]
    [InlineData("", TcpOutcome.Reset)]
    public async Task A_lying_server_gets_the_outcome_it_deserves(string answer, object outcome)
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using Socket peer = await server.AcceptSocketAsync(TestContext.Current.CancellationToken);
                byte[] request = new byte[1024];
                _ = await peer.ReceiveAsync(request);
                if (answer.Length > 0) _ = await peer.SendAsync(Encoding.ASCII.GetBytes(answer));
            }
        });
        a.Apply(Plan(Path("liar", ((IPEndPoint)server.LocalEndpoint).Port)));
        await Until.TrueAsync("a tcp probe", () => !log.Tcp.IsEmpty);
        Assert.Equal((TcpOutcome)outcome, log.Tcp.First().Outcome);
    }

    [Fact]
    public async Task A_leaving_node_says_so_and_its_silence_is_skipped()
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        (MeshEngine b, _) = Engine("b");
        a.Apply(Plan(Path("b", b.Port)));
        await Until.TrueAsync("answers", () => log.Ok >= 3);
        b.IsLeaving = true;
        await Until.TrueAsync("notice", () => !log.Presence.IsEmpty);
        b.Dispose();
        int before = log.Udp.Count;
        await Until.TrueAsync("verdicts on the one that went", () => log.Udp.Count >= before + 5);
        Assert.Equal(("b", true), log.Presence.First());
        Assert.DoesNotContain(log.Udp, trial => trial.Outcome.IsFailure());
        Assert.DoesNotContain(log.Tcp, trial => trial.Outcome.IsFailure());
    }

    [Fact]
    public async Task Asked_packets_come_back_and_those_to_a_stranger_are_refused()
    {
        (MeshEngine a, _) = Engine("a");
        (MeshEngine b, _) = Engine("b");
        a.Apply(new MeshPlan([Path("b", b.Port, role: PathRole.Far)], ProbeKind.Ring));
        Assert.Equal(5, (await Ask("b")).Answered);
        Assert.Equal(5, (await Ask("zz")).NotSent);

        Task<AskedProbe> Ask(string peer)
        {
            var done = new TaskCompletionSource<AskedProbe>(TaskCreationOptions.RunContinuationsAsynchronously);
            a.Ask(NodeId.Of(peer), 0, new AskedProbe(5, done.SetResult));
            return done.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_full_size_packet_comes_back_whole()
    {
        (MeshEngine a, TrialLog log) = Engine("a", new ProberSettings { UdpInterval = 100 * Ms, MtuInterval = 200 * Ms, TcpInterval = 0 });
        (MeshEngine b, _) = Engine("b");
        a.Apply(Plan(Path("b", b.Port)));
        await Until.TrueAsync("a full-size packet", () => log.Udp.Any(trial => trial.Kind == ProbeKind.Mtu));
        Assert.Equal(UdpOutcome.Ok, log.Udp.First(trial => trial.Kind == ProbeKind.Mtu).Outcome);
    }

    [Fact]
    public async Task A_forged_answer_changes_nothing()
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        using var liar = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        liar.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        a.Apply(Plan(Path("b", ((IPEndPoint)liar.LocalEndPoint!).Port)));
        byte[] buffer = new byte[2048];
        for (int i = 0; i < 8; i++)
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            SocketReceiveFromResult got = await liar.ReceiveFromAsync(buffer, from, TestContext.Current.CancellationToken);
            byte[] reply = new byte[i == 1 ? 20 : got.ReceivedBytes];
            buffer.AsSpan(0, reply.Length).CopyTo(reply);
            if (reply.Length > 40)
            {
                // Copies of the sender's fields as a reflector makes them, but one of them is wrong each time.
                buffer.AsSpan(0, 4).CopyTo(reply.AsSpan(24));
                buffer.AsSpan(4, 8).CopyTo(reply.AsSpan(28));
                reply[i % 3 == 0 ? 30 : i % 3 == 1 ? 15 : 27] ^= 0x55;
            }

            await liar.SendToAsync(reply, got.RemoteEndPoint, TestContext.Current.CancellationToken);
        }

        await Until.TrueAsync("verdicts", () => log.Udp.Count >= 4);
        Assert.DoesNotContain(log.Udp, trial => trial.Outcome == UdpOutcome.Ok);
        Assert.Contains(MeshNote.Strange, log.Notes);
        Assert.True(a.Oddities.Malformed >= 1);
    }

    [Fact]
    public void A_port_that_is_taken_is_named_with_the_key_to_change()
    {
        (MeshEngine a, _) = Engine("a");
        MeshListenException error = Assert.Throws<MeshListenException>(() => MeshEngine.Open(Options("b") with { Port = a.Port }, new TrialLog(), TimeProvider.System));
        Assert.Contains(a.Port.ToString(), error.Message);
        Assert.Contains("mesh.listen.port", error.Message);
    }

    [Fact]
    public void A_source_port_that_is_taken_is_named_with_the_key_to_change()
    {
        using var holder = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        holder.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        int port = ((IPEndPoint)holder.LocalEndPoint!).Port;
        MeshListenException error = Assert.Throws<MeshListenException>(() => MeshEngine.Open(Options("b") with { SourcePorts = port }, new TrialLog(), TimeProvider.System));
        Assert.Contains("mesh.udp.source_ports", error.Message);
    }

    [Fact]
    public void An_address_that_is_not_here_is_named_with_the_key_to_change()
    {
        MeshListenException error = Assert.Throws<MeshListenException>(
            () => MeshEngine.Open(Options("b") with { Listen = IPAddress.Parse("192.0.2.77") }, new TrialLog(), TimeProvider.System));
        Assert.Contains("mesh.listen.address", error.Message);
    }

    [Fact]
    public async Task A_stopped_prober_still_answers()
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        (MeshEngine b, TrialLog other) = Engine("b");
        a.Apply(Plan(Path("b", b.Port)));
        b.Apply(Plan(Path("a", a.Port)));
        await Until.TrueAsync("answers", () => other.Ok >= 3);
        b.StopProbing();
        int before = log.Ok;
        await Until.TrueAsync("answers after the stop", () => log.Ok >= before + 5);
        int told = other.Udp.Count;
        await Until.TrueAsync("more answers", () => log.Ok >= before + 10);
        Assert.InRange(other.Udp.Count, told, told + 1);
    }

    [Fact]
    public async Task Peers_on_many_addresses_are_all_answered_from_the_address_that_was_asked()
    {
        (MeshEngine a, TrialLog log) = Engine("a");
        (MeshEngine b, _) = Engine("b");
        a.Apply(Plan([.. Enumerable.Range(2, 30).Select(i => Path("b", b.Port, $"127.0.0.{i}", plane: (byte)i))]));
        await Until.TrueAsync("all of them", () => log.Udp.Select(trial => trial.Path.Plane).Distinct().Count() == 30);
        Assert.All(log.Udp, trial => Assert.Equal(UdpOutcome.Ok, trial.Outcome));
    }

    internal static MeshPath Path(string peer, int port, string address = "127.0.0.1", PathRole role = PathRole.Neighbour, byte plane = 0) =>
        new() { Peer = peer, PeerId = NodeId.Of(peer), Address = IPAddress.Parse(address), Port = port, Role = role, Plane = plane };

    internal static MeshEngineOptions Options(string node) => new()
    {
        Node = node,
        Incarnation = 77,
        Port = 0,
        AnswersASecond = 100_000,
        AnswersASecondAnAddress = 100_000,
        Prober = new ProberSettings { UdpInterval = 40 * Ms, TcpInterval = 100 * Ms, TcpTimeout = 700 * Ms, MtuInterval = 0, TraceCooldown = 0, ReactivePackets = 0 },
    };

    private static MeshPlan Plan(params MeshPath[] paths) => new([.. paths], ProbeKind.Full);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private (MeshEngine Engine, TrialLog Log) Engine(string node, ProberSettings? prober = null)
    {
        var log = new TrialLog();
        MeshEngineOptions options = Options(node);
        MeshEngine engine = MeshEngine.Open(prober is null ? options : options with { Prober = prober }, log, TimeProvider.System);
        opened.Add(engine);
        engine.Start();
        return (engine, log);
    }
}
