using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Probes.Running;
using Scout.Checks.Stamp;

namespace Scout.Checks.Probes.Udp;

/// <summary>Sends packets to a UDP port and judges what comes back (mesh.md section 1). A fresh, connected socket each run: the system drops what others send.</summary>
public sealed record UdpProbe : PacketProbe
{
    private const int LargestPacket = 65_535;

    public override string Kind => "udp";

    public UdpMode Mode { get; init; }

    /// <summary>For <see cref="UdpMode.Payload"/>.</summary>
    public ProbeBytes? Send { get; init; }

    /// <summary>What comes must match.</summary>
    public ProbePattern? Match { get; init; }

    protected override async ValueTask<ProbeEnding> AttemptAsync(ProbeAttempt attempt, CancellationToken deadline)
    {
        using Socket socket = Target.Open(attempt.Address!, SocketType.Dgram, ProtocolType.Udp);
        PacketSocketOptions.WantErrors(socket);
        PacketSocketOptions.WantStamps(socket);
        if (DontFragment) PacketSocketOptions.DontFragment(socket);
        if (Mode == UdpMode.Stamp) PacketSocketOptions.Ttl(socket, StampPacket.Ttl);
        await socket.ConnectAsync(new IPEndPoint(attempt.Address!, Target.Port), deadline);
        IUdpDialogue dialogue = Mode switch
        {
            UdpMode.Stamp => new StampDialogue(Count, Size, attempt.Context),
            UdpMode.Echo => new EchoDialogue(Count, Size, attempt.Context),
            _ => new PayloadDialogue(Count, Send!, Match, attempt.Context.Time),
        };
        byte[] room = ArrayPool<byte>.Shared.Rent(LargestPacket);
        try
        {
            ProbeEnding? failed = await ExchangeAsync(
                attempt,
                dialogue.Train,
                socket,
                dialogue.Packet,
                stop => PacketArrival.ReceiveAsync<ProbeEnding>(socket, room, attempt.Context.Time, (packet, _, arrival) => dialogue.Take(packet.Span, arrival), stop),
                error => Failure(error),
                deadline);
            if (failed is { } ending) return ending;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }

        ProbeEnding verdict = Judge(attempt, dialogue.Train, dialogue.Said);
        dialogue.Report(attempt);
        return verdict;
    }
}
