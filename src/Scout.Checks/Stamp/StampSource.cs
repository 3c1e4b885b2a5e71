using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Scout.Checks.Stamp;

/// <summary>Where a packet came from: an address as 128 bits (an IPv4 address as ::ffff:a.b.c.d) and a port.</summary>
public readonly record struct StampSource(UInt128 Address, ushort Port)
{
    /// <summary>From the octets of an address, 4 or 16, in network order.</summary>
    /// <exception cref="ArgumentException">Neither 4 nor 16 octets.</exception>
    public static StampSource From(ReadOnlySpan<byte> address, ushort port) => address.Length switch
    {
        4 => new StampSource(new UInt128(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(address)), port),
        16 => new StampSource(BinaryPrimitives.ReadUInt128BigEndian(address), port),
        _ => throw new ArgumentException($"an address has 4 or 16 octets, not {address.Length}", nameof(address)),
    };

    /// <summary>From a socket address; false for a family other than IPv4 and IPv6. Does not allocate.</summary>
    public static bool TryFrom(SocketAddress address, out StampSource source)
    {
        ReadOnlySpan<byte> octets = address.Buffer.Span[..address.Size];
        source = default;
        if (address.Family == AddressFamily.InterNetwork && octets.Length >= 8)
        {
            source = From(octets[4..8], BinaryPrimitives.ReadUInt16BigEndian(octets[2..]));
            return true;
        }

        if (address.Family != AddressFamily.InterNetworkV6 || octets.Length < 24) return false;
        source = From(octets[8..24], BinaryPrimitives.ReadUInt16BigEndian(octets[2..]));
        return true;
    }

    public static StampSource From(IPEndPoint endPoint)
    {
        Span<byte> octets = stackalloc byte[16];
        endPoint.Address.TryWriteBytes(octets, out int written);
        return From(octets[..written], (ushort)endPoint.Port);
    }
}
