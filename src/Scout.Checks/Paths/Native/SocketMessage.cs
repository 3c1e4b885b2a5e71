using System.Net;

namespace Scout.Checks.Paths.Native;

/// <summary>What came with a packet, or with an error that the system keeps for a socket.</summary>
internal readonly record struct SocketMessage
{
    /// <summary>Octets of data, as far as there was room.</summary>
    public int Size { get; init; }

    /// <summary>TTL or hop limit it arrived with; -1 when not told.</summary>
    public int Ttl { get; init; }

    /// <summary>When the kernel got it, in nanoseconds since 1970 by the wall clock; 0 when not told.</summary>
    public long Stamp { get; init; }

    /// <summary>Of an error: its number, else 0.</summary>
    public int Errno { get; init; }

    /// <summary>Of an error: it came as ICMP or ICMPv6, not from this host.</summary>
    public bool IsIcmp { get; init; }

    /// <summary>Of an ICMP error: its type and code (RFC 792, RFC 4443).</summary>
    public byte Type { get; init; }

    public byte Code { get; init; }

    /// <summary>Of an error about size: the MTU that was told.</summary>
    public int Mtu { get; init; }

    /// <summary>Of an ICMP error: who sent it; null when not told.</summary>
    public IPAddress? Offender { get; init; }
}
