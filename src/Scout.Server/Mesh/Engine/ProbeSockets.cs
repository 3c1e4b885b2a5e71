using System.Buffers.Binary;
using Scout.Checks.Sockets;
using Scout.Checks.Stamp;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Engine;

/// <summary>The UDP sockets the prober sends from, sixteen unless told otherwise, and what is read from them. Owned by the engine's thread.</summary>
internal sealed class ProbeSockets : IDisposable
{
    private const int Batch = 16;

    /// <summary>Octets of the biggest full-size packet that is sent.</summary>
    private const int LongestPacket = 9000;
    private const int Inet6Overhead = 48;
    private const int InetOverhead = 28;

    private readonly MeshEngineOptions options;
    private readonly ulong self;
    private readonly TimeProvider time;
    private readonly DatagramSocket[] sockets;
    private readonly DatagramBatch batch = new(Batch, LongestPacket, answers: false);
    private readonly byte[] packet = new byte[LongestPacket];
    private readonly byte[] quoted = new byte[StampPacket.TlvSize];

    private ProbeSockets(MeshEngineOptions options, DatagramSocket[] sockets, TimeProvider time)
    {
        this.options = options;
        this.sockets = sockets;
        this.time = time;
        self = NodeId.Of(options.Node);
    }

    /// <summary>Packets that were no STAMP answer.</summary>
    public long Malformed { get; private set; }

    /// <exception cref="MeshListenException">A source port is taken, or no descriptors are left.</exception>
    public static ProbeSockets Open(MeshEngineOptions options, TimeProvider time)
    {
        var opened = new DatagramSocket[options.Prober.Ports];
        for (int i = 0; i < opened.Length; i++)
        {
            int port = options.SourcePorts == 0 ? 0 : options.SourcePorts + i;
            var wanted = new DatagramSocketOptions { Address = options.Listen, Port = port, Errors = true, NonBlocking = true };
            if (DatagramSocket.TryOpen(wanted, out int errno) is { } socket)
            {
                opened[i] = socket;
                continue;
            }

            for (int made = 0; made < i; made++) opened[made].Dispose();
            throw new MeshListenException(errno == SocketErrors.AddressInUse
                ? $"mesh: source port {port} (udp) is taken; choose {opened.Length} free ports in mesh.udp.source_ports, or 'ephemeral'"
                : $"mesh: no socket to send probes from ({options.Listen} port {port}): {SocketErrors.Text(errno)}", errno == SocketErrors.AddressInUse);
        }

        return new ProbeSockets(options, opened, time);
    }

    public void Register(SocketPoller poller)
    {
        for (int i = 0; i < sockets.Length; i++) _ = poller.Add(sockets[i].Descriptor, (ulong)i, SocketEvents.Readable);
    }

    /// <inheritdoc cref="IProbeSender.Udp"/>
    public bool Send(in UdpIntent intent, out long sentAt, out ulong token)
    {
        MeshPath path = intent.Path;
        DatagramSocket socket = sockets[intent.PortIndex % sockets.Length];
        Span<byte> octets = packet.AsSpan(0, intent.Kind == ProbeKind.Mtu ? FullSize(path) : StampPacket.TlvSize);
        StampFlags flags = intent.Kind.Counts() ? StampFlags.None : StampFlags.Reactive;
        bool reachable = RawAddress.TryMake(path.Address, path.Port, socket.IsInet6, out RawAddress to);
        NtpTime stamp = NtpTime.FromUnixNanoseconds((time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100);
        token = stamp.Value;
        var tlv = new StampTlv(self, path.PeerId, options.Incarnation, 0, StampAnswer.Request, flags);
        StampPacket.WriteRequest(octets, intent.Sequence, stamp, options.Clock, (ushort)intent.Handle, tlv);
        sentAt = time.GetTimestamp();

        // No IPv6 on this host, or no route: the packet is as lost as one that is dropped on its way.
        if (!reachable) return true;
        int errno = socket.Send(octets, to);
        return !SocketErrors.IsLocal(errno) && errno != SocketErrors.TooLong;
    }

    /// <summary>Reads all that one socket holds.</summary>
    /// <param name="ready">Of the poller: whether there are errors too.</param>
    /// <returns>How many packets it held.</returns>
    public int Drain(int index, SocketEvents ready, ProberCore core)
    {
        if ((ready & SocketEvents.Error) != SocketEvents.None) DrainErrors(index, core);
        int read = 0;
        while (true)
        {
            int count = batch.Receive(sockets[index], wait: false);
            if (count == -SocketErrors.Again || count == 0) return read;
            if (count < 0)
            {
                // An ICMP error came meanwhile and is told once: the packets are behind it.
                if (count is not (-SocketErrors.Refused or -SocketErrors.HostUnreachable or -SocketErrors.NetUnreachable or -SocketErrors.TooLong or -SocketErrors.Interrupted)) return read;
                DrainErrors(index, core);
                continue;
            }

            long now = time.GetTimestamp();
            long unix = (time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;
            for (int i = 0; i < count; i++) Take(i, now, unix, core);
            read += count;
            if (count < Batch) return read;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DatagramSocket socket in sockets) socket.Dispose();
        batch.Dispose();
    }

    private void Take(int index, long now, long unix, ProberCore core)
    {
        if (batch.IsCut(index) || !StampPacket.TryReadReply(batch.Packet(index), out StampReply reply))
        {
            Malformed++;
            return;
        }

        batch.ReadControl(index, out long stamp, out _);
        bool kernel = stamp != 0;

        // The stamp is of the wall clock; a step of it between arrival and now must not make an answer older than this process.
        long waited = kernel ? Math.Max(0, unix - stamp) : 0;
        bool good = reply.TlvState == StampTlvState.Good;
        PeerAnswer answer = !good ? PeerAnswer.None : reply.Tlv.Answer switch
        {
            StampAnswer.Me => PeerAnswer.ItIsMe,
            StampAnswer.NotMe => PeerAnswer.NotMe,
            StampAnswer.Leaving => PeerAnswer.Leaving,
            _ => PeerAnswer.None,
        };
        core.UdpReply(
            new UdpEcho(
                reply.SessionId,
                reply.SenderSequence,
                reply.SenderTime.Value,
                reply.Sequence,
                good && (reply.Tlv.Flags & StampFlags.Stateless) == StampFlags.None,
                answer,
                good ? reply.Tlv.ReflectorIncarnation : 0,
                now - waited,
                kernel,
                reply.ResidenceNanoseconds),
            now);
    }

    private void DrainErrors(int index, ProberCore core)
    {
        for (int i = 0; i < 256; i++)
        {
            int length = sockets[index].TryReadError(quoted, out int errno);
            if (length < 0) return;

            // Octets 0-15 name the packet: number, time, SSID. Routers may quote less; then it is lost by its deadline.
            if (errno != SocketErrors.Refused || length < 16) continue;
            uint sequence = BinaryPrimitives.ReadUInt32BigEndian(quoted);
            ulong token = BinaryPrimitives.ReadUInt64BigEndian(quoted.AsSpan(4));
            core.UdpRefused(BinaryPrimitives.ReadUInt16BigEndian(quoted.AsSpan(14)), sequence, token, time.GetTimestamp());
        }
    }

    /// <summary>What the way there takes in one piece, by what this host knows.</summary>
    private static int FullSize(MeshPath path)
    {
        bool inet6 = path.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && !path.Address.IsIPv4MappedToIPv6;
        int size = Math.Min(StreamSocket.PathMtu(path.Address, path.Port), LongestPacket) - (inet6 ? Inet6Overhead : InetOverhead);
        return size >= StampPacket.TlvSize + 4 ? size : StampPacket.TlvSize;
    }
}
