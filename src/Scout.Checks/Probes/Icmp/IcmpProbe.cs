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
    private const int QuotedRoom = 64;

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
                error => Explain(socket, run, error, v6),
                deadline);
            if (failed is { } ending) return ending;
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

    /// <summary>Errors of the way in their own words: the socket only says that there was one, and a raw one also hears of what others on this host sent to the target.</summary>
    private ProbeEnding? Explain(Socket socket, IcmpRun run, SocketException error, bool v6)
    {
        Span<byte> quoted = stackalloc byte[QuotedRoom];
        while (SocketMessages.ReceiveError(socket, quoted, out SocketMessage message) == 0)
        {
            if (!message.IsIcmp) continue;
            if (!run.IsOurs(quoted[..Math.Min(QuotedRoom, message.Size)])) continue;
            return new ProbeEnding(IcmpText.IsTooBig(message, v6) ? ProbeReason.Size : ProbeReason.Unreachable, IcmpText.Of(message, v6));
        }

        // About others, or read from the queue by the other flow already. What this host itself has against it comes again.
        return run.IsPatient() ? null : Failure(error);
    }
}
