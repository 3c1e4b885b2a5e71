using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Scout.Checks.Paths.Native;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Stamp;

namespace Scout.Checks.Paths;

/// <summary>
/// Sends one packet as big as the interface takes, never in fragments, to a STAMP reflector and waits for its answer, which is as big. What this host has learned about the
/// path before is not asked: a way that has become narrow is seen, and so is one that has become wide again.
/// </summary>
public static class PathMtu
{
    /// <summary>Larger packets are not sent: loopback and some fabrics take 64 KiB, and nothing is learned from that.</summary>
    public const int Largest = 9216;

    private const int HeadOf4 = 28;
    private const int HeadOf6 = 48;

    /// <summary>Sends the packet. Never throws but for a cancelled token.</summary>
    /// <param name="target">A responder of the mesh, or any reflector.</param>
    /// <param name="size">Octets with the IP head; null: the MTU of the interface towards the target.</param>
    /// <param name="timeout">How long the answer is waited for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Ends it early.</param>
    public static async Task<MtuResult> RunAsync(IPEndPoint target, int? size, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        int whole = size ?? 0;
        bool v6 = target.AddressFamily == AddressFamily.InterNetworkV6;
        try
        {
            using var socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            PacketSocketOptions.WantErrors(socket);
            PacketSocketOptions.ProbeMtu(socket);
            PacketSocketOptions.Ttl(socket, StampPacket.Ttl);
            await socket.ConnectAsync(target, cancel);
            whole = Math.Min(whole > 0 ? whole : InterfaceMtu(socket), Largest);
            int payload = Math.Max(StampPacket.BareSize, whole - (v6 ? HeadOf6 : HeadOf4));
            if (payload is > StampPacket.BareSize and < StampPacket.BareSize + 4) payload = StampPacket.BareSize;
            return await ExchangeAsync(socket, new byte[payload], whole, timeout, time, cancel);
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.MessageSize
                ? new MtuResult(MtuOutcome.TooBig, whole, 0, null, $"{whole} octets are more than the interface takes")
                : new MtuResult(MtuOutcome.Local, whole, 0, null, error.Message);
        }
    }

    private static async ValueTask<MtuResult> ExchangeAsync(Socket socket, byte[] packet, int whole, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        bool v6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        NtpTime stamp = NtpTime.From(time.GetUtcNow());
        StampPacket.WriteRequest(packet, 0, stamp, ErrorEstimate.Unsynchronised, 0);
        byte[] room = new byte[Largest];
        using var deadline = new CancellationTokenSource(timeout, time);
        await using CancellationTokenRegistration link = cancel.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        long sent = time.GetTimestamp();
        await socket.SendAsync(packet, SocketFlags.None, deadline.Token);
        try
        {
            while (true)
            {
                try
                {
                    int size = await socket.ReceiveAsync(room, SocketFlags.None, deadline.Token);
                    if (StampPacket.TryReadReply(room.AsSpan(0, size), out StampReply reply) && reply.SenderTime == stamp)
                        return new MtuResult(MtuOutcome.Ok, whole, 0, time.GetElapsedTime(sent), $"{whole} octets pass whole");
                }
                catch (SocketException) when (SocketMessages.ReceiveError(socket, room, out SocketMessage error) == 0)
                {
                    if (IcmpText.IsTooBig(error, v6)) return new MtuResult(MtuOutcome.TooBig, whole, error.Mtu, null, $"{whole} octets: {IcmpText.Of(error, v6)}");
                    if (error.IsIcmp) return new MtuResult(MtuOutcome.Unreachable, whole, 0, null, IcmpText.Of(error, v6));
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new MtuResult(MtuOutcome.Silent, whole, 0, null, $"{whole} octets were not answered");
        }
    }

    /// <summary>The MTU of the interface that holds the local address; 1500 when none tells.</summary>
    private static int InterfaceMtu(Socket socket)
    {
        const int usual = 1500;
        if (socket.LocalEndPoint is not IPEndPoint local) return usual;
        try
        {
            foreach (NetworkInterface card in NetworkInterface.GetAllNetworkInterfaces())
            {
                IPInterfaceProperties properties = card.GetIPProperties();
                if (!properties.UnicastAddresses.Any(own => own.Address.Equals(local.Address))) continue;
                int mtu = local.AddressFamily == AddressFamily.InterNetworkV6 ? properties.GetIPv6Properties().Mtu : properties.GetIPv4Properties().Mtu;
                return mtu > 0 ? mtu : usual;
            }
        }
        catch (NetworkInformationException)
        {
            // A card that went away meanwhile.
        }

        return usual;
    }
}
