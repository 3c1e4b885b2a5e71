using System.Net;
using Scout.Checks.Paths.Native;

namespace Scout.Checks.Paths;

/// <summary>ICMP errors in words (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443).</summary>
internal static class IcmpText
{
    /// <summary><c>host unreachable, says 10.0.0.1</c>.</summary>
    public static string Of(in SocketMessage error, bool v6)
    {
        string what = v6 ? V6(error.Type, error.Code) : V4(error.Type, error.Code);
        if (error.Mtu > 0) what += $" (MTU {error.Mtu})";
        return error.Offender is { } who && !who.Equals(IPAddress.Any) && !who.Equals(IPAddress.IPv6Any) ? $"{what}, says {who}" : what;
    }

    /// <summary>The TTL or hop limit ran out on the way.</summary>
    public static bool IsTimeExceeded(in SocketMessage error, bool v6) => error.IsIcmp && error.Type == (v6 ? 3 : 11);

    /// <summary>The host is there and has no such port.</summary>
    public static bool IsPortUnreachable(in SocketMessage error, bool v6) => error.IsIcmp && (v6 ? error is { Type: 1, Code: 4 } : error is { Type: 3, Code: 3 });

    /// <summary>The packet was too big for a part of the way.</summary>
    public static bool IsTooBig(in SocketMessage error, bool v6) => error.IsIcmp && (v6 ? error.Type == 2 : error is { Type: 3, Code: 4 });

    private static string V4(byte type, byte code) => (type, code) switch
    {
        (3, 0) => "network unreachable",
        (3, 1) => "host unreachable",
        (3, 2) => "protocol unreachable",
        (3, 3) => "port unreachable",
        (3, 4) => "packet too big",
        (3, 9 or 10 or 13) => "forbidden by an administrator",
        (3, _) => "destination unreachable",
        (11, _) => "TTL ran out",
        (12, _) => "a bad head",
        _ => $"ICMP type {type} code {code}",
    };

    private static string V6(byte type, byte code) => (type, code) switch
    {
        (1, 0) => "no route",
        (1, 1 or 5 or 6) => "forbidden by an administrator",
        (1, 3) => "address unreachable",
        (1, 4) => "port unreachable",
        (1, _) => "destination unreachable",
        (2, _) => "packet too big",
        (3, _) => "hop limit ran out",
        (4, _) => "a bad head",
        _ => $"ICMPv6 type {type} code {code}",
    };
}
