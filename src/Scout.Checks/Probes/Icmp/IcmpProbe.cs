using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Scout.Checks.Paths;
using Scout.Checks.Paths.Native;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Icmp;

/// <summary>
/// Echo requests (mesh.md section 1). A fresh socket, and so a fresh id, each run: a fixed id can stay stuck behind a firewall after an outage. Replies match by number and
/// random payload, because the system writes its own id into the packets of datagram sockets.
/// </summary>
public sealed record IcmpProbe : PacketProbe
{
    /// <summary>Octets of payload that carry the random token.</summary>
    public const int LeastSize = 8;

    private const int LargestPacket = 65_535;

    public override string Kind => "icmp";

    /// <summary>TTL or hop limit of the requests.</summary>
    public int Ttl { get; init; } = 64;

    /// <summary>Makes the sockets; null: the system, as the target wants them.</summary>
    internal Func<IPAddress, SocketType, ProtocolType, Socket>? OpenSocket { get; init; }

    protected override async ValueTask<ProbeEnding> AttemptAsync(ProbeAttempt attempt, CancellationToken deadline)
    {
        attempt.PhaseName = "exchange";
        IPAddress address = attempt.Address!;
        using Socket? socket = IcmpSocket.Open(address, OpenSocket ?? Target.Open, out ProbeEnding forbidden);
        if (socket is null) return forbidden;
        bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        attempt.Fact("socket", socket.SocketType == SocketType.Raw ? "raw" : "dgram");
        PacketSocketOptions.Ttl(socket, Ttl);
        if (DontFragment) PacketSocketOptions.DontFragment(socket);
        await socket.ConnectAsync(new IPEndPoint(address, 0), deadline);
        var run = new IcmpRun(new PacketTrain(Count), Size, v6, socket.SocketType == SocketType.Raw, attempt.Context);
        byte[] room = ArrayPool<byte>.Shared.Rent(LargestPacket);
        try
        {
            ProbeEnding? failed = await ExchangeAsync(
                attempt,
                run.Train,
                socket,
                run.Packet,
                stop => PacketArrival.ReceiveAsync<ProbeEnding>(
                    socket,
                    room,
                    attempt.Context.Time,
                    (packet, message, arrival) =>
                    {
                        run.Take(packet.Span, message.Ttl, arrival);
                        return null;
                    },
                    stop),
                deadline);
            if (failed is { } ending) return Explain(socket, run, room, ending, v6);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }

        ProbeEnding verdict = Judge(attempt, run.Train);
        if (run.Hops >= 0) attempt.Number("hops", run.Hops, min: 0);
        if (run.ReplyTtl >= 0) attempt.Fact("ttl", run.ReplyTtl);
        return verdict;
    }

    /// <summary>Errors of the way in their own words: the socket only says that there was one.</summary>
    private static ProbeEnding Explain(Socket socket, IcmpRun run, byte[] room, ProbeEnding ending, bool v6)
    {
        while (SocketMessages.ReceiveError(socket, room, out SocketMessage error) == 0)
        {
            if (!error.IsIcmp || !run.IsOurs(room.AsSpan(0, error.Size))) continue;
            ProbeReason reason = IcmpText.IsTooBig(error, v6) ? ProbeReason.Size : ProbeReason.Unreachable;
            return new ProbeEnding(reason, IcmpText.Of(error, v6));
        }

        return ending;
    }
}
