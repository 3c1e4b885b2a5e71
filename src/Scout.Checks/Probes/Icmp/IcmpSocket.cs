using System.Net;
using System.Net.Sockets;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Probes.Running;
using Scout.Checks.Paths.Native;

namespace Scout.Checks.Probes.Icmp;

/// <summary>
/// A socket for echo requests: <c>SOCK_DGRAM</c>, which the system gives to the groups of <c>net.ipv4.ping_group_range</c> (also for IPv6), else <c>SOCK_RAW</c>, which needs
/// CAP_NET_RAW and gets a filter, so that it hears echo replies only.
/// </summary>
internal static class IcmpSocket
{
    private const int LevelRaw = 255;
    private const int LevelIcmp6 = 58;
    private const int Filter = 1;
    private const string GroupRange = "/proc/sys/net/ipv4/ping_group_range";

    /// <summary>Opens one; null with the ending when the system allows neither.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="open">Makes a socket, or throws as the system does.</param>
    /// <param name="failed">Why there is none.</param>
    public static Socket? Open(IPAddress address, Func<IPAddress, SocketType, ProtocolType, Socket> open, out ProbeEnding failed)
    {
        failed = default;
        bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        ProtocolType protocol = v6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp;
        try
        {
            return Prepare(open(address, SocketType.Dgram, protocol));
        }
        catch (SocketException error) when (IsForbidden(error))
        {
            // Not in the range of groups, or a system without such sockets.
        }

        try
        {
            Socket raw = open(address, SocketType.Raw, protocol);
            SetFilter(raw, v6);
            return Prepare(raw);
        }
        catch (SocketException error) when (IsForbidden(error))
        {
            failed = new ProbeEnding(ProbeReason.NoPermission, Forbidden(ReadRange(), OwnGroup()));
            return null;
        }
    }

    /// <summary>The words for one who has neither.</summary>
    public static string Forbidden(string range, string group) => $"ICMP needs net.ipv4.ping_group_range to include group {group} (now {range}), or CAP_NET_RAW";

    private static Socket Prepare(Socket socket)
    {
        PacketSocketOptions.WantErrors(socket);
        PacketSocketOptions.WantStamps(socket);
        SocketMessages.WantTtl(socket);
        return socket;
    }

    /// <summary>A bit that is set keeps a type out: all but echo reply. Errors come by the error queue, past the filter.</summary>
    private static void SetFilter(Socket socket, bool v6)
    {
        if (!v6)
        {
            socket.SetRawSocketOption(LevelRaw, Filter, BitConverter.GetBytes(~1u));
            return;
        }

        byte[] blocked = new byte[32];
        blocked.AsSpan().Fill(0xFF);
        BitConverter.GetBytes(~(1u << (129 & 31))).CopyTo(blocked, 129 / 32 * 4);
        socket.SetRawSocketOption(LevelIcmp6, Filter, blocked);
    }

    private static bool IsForbidden(SocketException error) =>
        error.SocketErrorCode is SocketError.AccessDenied or SocketError.ProtocolNotSupported or SocketError.SocketNotSupported or SocketError.OperationNotSupported || error.NativeErrorCode == 1;

    private static string ReadRange()
    {
        try
        {
            return string.Join(' ', File.ReadAllText(GroupRange).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }

    /// <summary>The effective group: behind <c>Gid:</c> stand the real, the effective, the saved one and that for files.</summary>
    private static string OwnGroup()
    {
        try
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(text => text.StartsWith("Gid:", StringComparison.Ordinal));
            return line?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(2) ?? "unknown";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }
}
