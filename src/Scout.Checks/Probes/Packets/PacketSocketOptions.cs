using System.Net.Sockets;

namespace Scout.Checks.Probes.Packets;

/// <summary>What packet probes ask of a socket beyond the framework's own options (Linux).</summary>
internal static class PacketSocketOptions
{
    private const int LevelIp = 0;
    private const int LevelIp6 = 41;
    private const int IpMtuDiscover = 10;
    private const int IpReceiveErrors = 11;
    private const int Ip6UnicastHops = 16;
    private const int Ip6MtuDiscover = 23;
    private const int Ip6ReceiveErrors = 25;
    private const int Ip6DontFragment = 62;
    private const int DiscoverDo = 2;

    /// <summary>ICMP errors of all kinds reach the socket, not only port unreachable.</summary>
    public static void WantErrors(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6) Set(socket, LevelIp6, Ip6ReceiveErrors, 1);
        else Set(socket, LevelIp, IpReceiveErrors, 1);
    }

    /// <summary>The kernel tells when it got each packet.</summary>
    public static void WantStamps(Socket socket)
    {
        if (OperatingSystem.IsLinux()) Paths.Native.SocketMessages.WantStamps(socket);
    }

    /// <summary>Packets go out whole or not at all, and not at all when this host knows the way as too narrow.</summary>
    public static void DontFragment(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Set(socket, LevelIp6, Ip6MtuDiscover, DiscoverDo);
            Set(socket, LevelIp6, Ip6DontFragment, 1);
        }
        else
        {
            Set(socket, LevelIp, IpMtuDiscover, DiscoverDo);
        }
    }

    /// <summary>TTL or hop limit of what is sent.</summary>
    public static void Ttl(Socket socket, int ttl)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6) Set(socket, LevelIp6, Ip6UnicastHops, ttl);
        else socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.IpTimeToLive, ttl);
    }

    private static void Set(Socket socket, int level, int option, int value) => socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
}
