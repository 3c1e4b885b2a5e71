using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scout.Checks.Sockets;
using Scout.Checks.Stamp;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Engine;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Responding;

namespace Scout.Benchmarks.Mesh;

/// <summary>
/// All the other nodes of a fleet in one process: answers on every address of 127/8 as the node that has it, and probes the one real node as often as its in-probers would.
/// <c>_meshpeers</c> prints its port; the line <c>probe PORT NAME</c> begins to probe.
/// </summary>
internal static class MeshPeersWorker
{
    /// <summary>Address of a peer by its number; its name is n and the number.</summary>
    public static IPAddress AddressOf(int peer) => new([127, (byte)(1 + (peer / 62_500)), (byte)(peer / 250 % 250), (byte)(1 + (peer % 250))]);

    public static async Task<int> RunAsync(string[] options)
    {
        int errno = StreamSocket.Listen(IPAddress.Any, 0, 512, out int listener, out int port);
        if (errno != 0) throw new InvalidOperationException(SocketErrors.Text(errno));
        DatagramSocket udp = DatagramSocket.TryOpen(new DatagramSocketOptions { Address = IPAddress.Any, Port = port, Destination = true }, out errno)
            ?? throw new InvalidOperationException(SocketErrors.Text(errno));
        var reflector = new StampReflector(new StampReflectorOptions { Incarnation = 1, Port = (ushort)port, PacketsASecond = 1_000_000, PacketsASecondAnAddress = 1_000_000 });
        var responder = new UdpResponder(udp, reflector, new SenderTable(), new StallClock(), TimeProvider.System, ErrorEstimate.Unsynchronised);
        responder.Start();
        _ = Task.Run(() => AnswerTcpAsync(listener));
        Console.WriteLine(port);
        var engines = new List<MeshEngine>();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            engines.Add(Prober(int.Parse(words[1], CultureInfo.InvariantCulture), words[2]));
            Console.WriteLine(1);
        }

        foreach (MeshEngine engine in engines) engine.Dispose();
        return 0;
    }

    private static async Task AnswerTcpAsync(int descriptor)
    {
        using var listener = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        byte[] buffer = new byte[2048];
        while (true)
        {
            using Socket peer = await listener.AcceptAsync();
            byte[] address = ((IPEndPoint)peer.LocalEndPoint!).Address.MapToIPv4().GetAddressBytes();
            int number = ((address[1] - 1) * 62_500) + (address[2] * 250) + address[3] - 1;
            if (await peer.ReceiveAsync(buffer) > 0) await peer.SendAsync(PingDocument.Answer("n" + number.ToString(CultureInfo.InvariantCulture), 1, leaving: false));
        }
    }

    /// <summary>Sixteen UDP and one TCP probe a second: k + 1 + 5 and k/10.</summary>
    private static MeshEngine Prober(int port, string node)
    {
        var settings = new ProberSettings { UdpInterval = ProberSettings.Second / 16, TcpInterval = ProberSettings.Second, MtuInterval = 0 };
        MeshEngine engine = MeshEngine.Start(new MeshEngineOptions { Node = "n0", Incarnation = 1, Port = 0, Prober = settings }, new Deaf(), TimeProvider.System);
        engine.Apply(new MeshPlan([new MeshPath { Peer = node, PeerId = NodeId.Of(node), Address = IPAddress.Loopback, Port = port }], ProbeKind.Full));
        return engine;
    }

    private sealed class Deaf : IMeshObserver
    {
        public void Udp(in UdpTrial trial)
        {
        }

        public void Late(in UdpTrial trial)
        {
        }

        public void Direction(in UdpTrial trial)
        {
        }

        public void Tcp(in TcpTrial trial)
        {
        }

        public void Stall(long from, long until)
        {
        }

        public void Note(MeshNote note, MeshPath? path)
        {
        }

        public void Leaving(MeshPath path, bool leaving)
        {
        }

        public void SuspectSelf(bool suspected, long now)
        {
        }
    }
}
