using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Names;

/// <summary>A remote address. Port 0 and protocol 0 mean any.</summary>
/// <param name="High">First half of the IPv6 address; IPv4 as ::ffff:a.b.c.d.</param>
/// <param name="Low">The other half.</param>
internal readonly record struct PeerKey(ulong High, ulong Low, ushort Port, byte Protocol)
{
    /// <summary>False when the text is no address (a host name, empty, <c>None</c>).</summary>
    public static bool TryCreate(string address, TrafficPort port, out PeerKey key)
    {
        key = default;
        if (!IPAddress.TryParse(address, out IPAddress? parsed) || port.Port is < 0 or > ushort.MaxValue || port.Protocol is < 0 or > byte.MaxValue) return false;
        Span<byte> bytes = stackalloc byte[16];
        if (parsed.AddressFamily == AddressFamily.InterNetwork) parsed = parsed.MapToIPv6();
        if (!parsed.TryWriteBytes(bytes, out int written) || written != bytes.Length) return false;
        key = new PeerKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), (ushort)port.Port, (byte)port.Protocol);
        return true;
    }

    /// <summary>As the program looks it up: address and port as on the wire.</summary>
    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, High);
        BinaryPrimitives.WriteUInt64BigEndian(to[8..], Low);
        BinaryPrimitives.WriteUInt16BigEndian(to[16..], Port);
        to[18] = Protocol;
        to[AccountingProgram.PeerKeySize - 1] = 0;
    }

    /// <summary>By address, then port.</summary>
    public static int Compare(PeerKey left, PeerKey right) =>
        (left.High, left.Low, left.Port, left.Protocol).CompareTo((right.High, right.Low, right.Port, right.Protocol));
}
