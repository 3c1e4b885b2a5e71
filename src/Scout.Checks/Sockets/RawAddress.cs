using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Scout.Checks.Stamp;

namespace Scout.Checks.Sockets;

/// <summary>A socket address as Linux wants it: <c>sockaddr_in</c> or <c>sockaddr_in6</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RawAddress
{
    internal const int Size = 28;
    private const int Inet6Size = 28;
    private const int InetSize = 16;

    internal fixed byte Octets[Size];

    /// <summary>Octets used: 16 or 28; 0 for none.</summary>
    public uint Length;

    /// <summary>For a socket of a family; an IPv4 address for an IPv6 socket becomes ::ffff:a.b.c.d.</summary>
    /// <returns>False for an IPv6 address and an IPv4 socket.</returns>
    public static bool TryMake(IPAddress address, int port, bool forInet6, out RawAddress raw)
    {
        raw = default;
        Span<byte> octets = MemoryMarshal.CreateSpan(ref raw.Octets[0], Size);
        BinaryPrimitives.WriteUInt16BigEndian(octets[2..], (ushort)port);
        bool isInet6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        if (!forInet6)
        {
            if (isInet6 && !address.IsIPv4MappedToIPv6) return false;
            BitConverter.TryWriteBytes(octets, (ushort)SocketCalls.FamilyInet);
            Span<byte> sixteen = stackalloc byte[16];
            _ = address.TryWriteBytes(sixteen, out int written);
            sixteen[(written - 4)..written].CopyTo(octets[4..]);
            raw.Length = InetSize;
            return true;
        }

        BitConverter.TryWriteBytes(octets, (ushort)SocketCalls.FamilyInet6);
        if (isInet6)
        {
            _ = address.TryWriteBytes(octets[8..24], out _);
            BitConverter.TryWriteBytes(octets[24..], (uint)address.ScopeId);
        }
        else
        {
            octets[18] = 0xFF;
            octets[19] = 0xFF;
            _ = address.TryWriteBytes(octets[20..24], out _);
        }

        raw.Length = Inet6Size;
        return true;
    }

    /// <summary>Reads what the kernel wrote.</summary>
    internal static StampSource Source(byte* address)
    {
        var octets = new ReadOnlySpan<byte>(address, Size);
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(octets[2..]);
        return *(ushort*)address == SocketCalls.FamilyInet ? StampSource.From(octets[4..8], port) : StampSource.From(octets[8..24], port);
    }
}
