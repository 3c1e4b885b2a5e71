using System.Buffers.Binary;
using System.Net;

namespace Scout.Traffic.Probing;

/// <summary>Packets for test runs: an Ethernet header, and UDP over IP behind it.</summary>
internal static class ProbePackets
{
    public const int EthernetLength = 14;
    private const int UdpLength = 8;
    private const byte Udp = 17;

    /// <summary>A datagram. The program counts all but the Ethernet header.</summary>
    public static byte[] Datagram(IPAddress from, IPAddress to, int fromPort, int toPort, int payload)
    {
        byte[] source = from.GetAddressBytes();
        byte[] target = to.GetAddressBytes();
        bool v6 = source.Length == 16;
        int header = v6 ? 40 : 20;
        byte[] packet = new byte[EthernetLength + header + UdpLength + payload];
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(12), (ushort)(v6 ? 0x86DD : 0x0800));
        Span<byte> ip = packet.AsSpan(EthernetLength);
        if (v6)
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(UdpLength + payload));
            ip[6] = Udp;
            ip[7] = 64;
        }
        else
        {
            ip[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
            ip[8] = 64;
            ip[9] = Udp;
        }

        source.CopyTo(ip[(v6 ? 8 : 12)..]);
        target.CopyTo(ip[(v6 ? 24 : 16)..]);
        Span<byte> udp = ip[header..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, (ushort)fromPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], (ushort)toPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(UdpLength + payload));
        return packet;
    }
}
