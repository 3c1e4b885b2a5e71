using System.Buffers.Binary;

namespace Scout.Checks.Probes.Icmp;

/// <summary>Echo requests and replies (RFC 792, RFC 4443 section 4) over spans.</summary>
internal static class IcmpPacket
{
    public const int HeadSize = 8;
    private const byte Request4 = 8;
    private const byte Reply4 = 0;
    private const byte Request6 = 128;
    private const byte Reply6 = 129;

    /// <summary>Writes an echo request around the payload that is in <paramref name="packet"/> already, from octet 8 on. The checksum of ICMPv6 is left to the system.</summary>
    public static void WriteRequest(Span<byte> packet, bool v6, ushort id, ushort sequence)
    {
        packet[0] = v6 ? Request6 : Request4;
        packet[1] = 0;
        packet[2] = packet[3] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], id);
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], sequence);
        if (!v6) BinaryPrimitives.WriteUInt16BigEndian(packet[2..], Checksum(packet));
    }

    /// <summary>Whether this is an echo reply, and to which number.</summary>
    public static bool TryReadReply(ReadOnlySpan<byte> packet, bool v6, out ushort id, out ushort sequence, out ReadOnlySpan<byte> payload)
    {
        (id, sequence) = (0, 0);
        payload = default;
        if (packet.Length < HeadSize || packet[0] != (v6 ? Reply6 : Reply4) || packet[1] != 0) return false;
        id = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        sequence = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        payload = packet[HeadSize..];
        return true;
    }

    /// <summary>What lies behind the head of an IPv4 packet, as raw sockets deliver it; empty when the head lies.</summary>
    public static ReadOnlySpan<byte> WithoutIpHead(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < 20 || packet[0] >> 4 != 4) return default;
        int head = (packet[0] & 0xF) * 4;
        return head >= 20 && head <= packet.Length ? packet[head..] : default;
    }

    /// <summary>The Internet checksum (RFC 1071).</summary>
    public static ushort Checksum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (; data.Length >= 2; data = data[2..]) sum += BinaryPrimitives.ReadUInt16BigEndian(data);
        if (data.Length == 1) sum += (uint)data[0] << 8;
        while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
