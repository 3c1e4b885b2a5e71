using System.Net;
using System.Net.Sockets;
using Scout.Checks.Stamp;

namespace Scout.Checks.Sockets;

/// <summary>TCP sockets of Linux by descriptor, never blocking: for code that keeps hundreds of them in arrays. Errors are numbers (<see cref="SocketErrors"/>).</summary>
public static unsafe class StreamSocket
{
    /// <summary>Opens a listener; :: takes both families. The address may have connections of a former process in TIME_WAIT.</summary>
    /// <param name="descriptor">-1 on an error.</param>
    public static int Listen(IPAddress address, int port, int backlog, out int descriptor, out int boundPort)
    {
        int errno = ListenOn(address, port, backlog, out descriptor, out boundPort);
        if (address.Equals(IPAddress.IPv6Any) && errno is SocketErrors.FamilyNotSupported or SocketErrors.AddressNotAvailable) errno = ListenOn(IPAddress.Any, port, backlog, out descriptor, out boundPort);
        return errno;
    }

    /// <summary>Takes a connection; a descriptor, or minus the error number.</summary>
    public static int Accept(int listener, out StampSource source)
    {
        RawAddress address = default;
        uint length = RawAddress.Size;
        int fd = SocketCalls.accept4(listener, address.Octets, &length, SocketCalls.NonBlocking | SocketCalls.CloseOnExec);
        source = default;
        if (fd < 0) return -SocketCalls.Errno;
        if (length >= 16) source = RawAddress.Source(address.Octets);
        return fd;
    }

    /// <summary>A socket for an outgoing connection, or minus the error number.</summary>
    public static int Open(bool inet6)
    {
        int fd = SocketCalls.socket(inet6 ? SocketCalls.FamilyInet6 : SocketCalls.FamilyInet, SocketCalls.Stream | SocketCalls.NonBlocking | SocketCalls.CloseOnExec, 0);
        return fd >= 0 ? fd : -SocketCalls.Errno;
    }

    public static int Bind(int descriptor, in RawAddress local)
    {
        fixed (byte* address = local.Octets) return SocketCalls.bind(descriptor, address, local.Length) == 0 ? 0 : SocketCalls.Errno;
    }

    /// <summary>Begins to connect: 0 (done), <see cref="SocketErrors.InProgress"/> or an error.</summary>
    public static int Connect(int descriptor, in RawAddress to)
    {
        fixed (byte* address = to.Octets) return SocketCalls.connect(descriptor, address, to.Length) == 0 ? 0 : SocketCalls.Errno;
    }

    /// <summary>The error a connection ended with, which it forgets.</summary>
    public static int TakeError(int descriptor) => Math.Max(0, SocketCalls.Get(descriptor, SocketCalls.LevelSocket, SocketCalls.SocketError));

    /// <summary>Octets sent, or minus the error number.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
        {
            nint sent = SocketCalls.send(descriptor, pointer, data.Length, SocketCalls.MessageNoSignal | SocketCalls.MessageDontWait);
            return sent >= 0 ? (int)sent : -SocketCalls.Errno;
        }
    }

    /// <summary>Octets read, 0 at the end, or minus the error number.</summary>
    public static int Receive(int descriptor, Span<byte> data)
    {
        fixed (byte* pointer = data)
        {
            nint read = SocketCalls.recv(descriptor, pointer, data.Length, SocketCalls.MessageDontWait);
            return read >= 0 ? (int)read : -SocketCalls.Errno;
        }
    }

    public static void Close(int descriptor) => _ = SocketCalls.close(descriptor);

    /// <summary>Closes with a reset: neither side keeps the connection in TIME_WAIT.</summary>
    public static void Abort(int descriptor)
    {
        long onAndZero = 1;
        _ = SocketCalls.setsockopt(descriptor, SocketCalls.LevelSocket, SocketCalls.Linger, &onAndZero, sizeof(long));
        _ = SocketCalls.close(descriptor);
    }

    /// <summary>Octets a packet to an address can have by what this host knows of the way there; 0 when there is no way.</summary>
    public static int PathMtu(IPAddress address, int port)
    {
        bool inet6 = address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6;
        if (!RawAddress.TryMake(address, port, inet6, out RawAddress to)) return 0;
        int fd = SocketCalls.socket(inet6 ? SocketCalls.FamilyInet6 : SocketCalls.FamilyInet, SocketCalls.Datagram | SocketCalls.CloseOnExec, 0);
        if (fd < 0) return 0;
        int mtu = SocketCalls.connect(fd, to.Octets, to.Length) != 0 ? 0
            : inet6 ? SocketCalls.Get(fd, SocketCalls.LevelIp6, SocketCalls.Ip6Mtu)
            : SocketCalls.Get(fd, SocketCalls.LevelIp, SocketCalls.IpMtu);
        _ = SocketCalls.close(fd);
        return Math.Max(0, mtu);
    }

    private static int ListenOn(IPAddress address, int port, int backlog, out int descriptor, out int boundPort)
    {
        bool inet6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        boundPort = 0;
        descriptor = Open(inet6);
        if (descriptor < 0) return -descriptor;
        if (inet6) _ = SocketCalls.Set(descriptor, SocketCalls.LevelIp6, SocketCalls.Ip6Only, 0);
        _ = SocketCalls.Set(descriptor, SocketCalls.LevelSocket, SocketCalls.ReuseAddress, 1);

        // The kernel tells of a connection when its request is there: one wake-up less for each probe.
        _ = SocketCalls.Set(descriptor, SocketCalls.LevelTcp, SocketCalls.TcpDeferAccept, 1);
        if (!RawAddress.TryMake(address, port, inet6, out RawAddress local)
            || SocketCalls.bind(descriptor, local.Octets, local.Length) != 0
            || SocketCalls.listen(descriptor, backlog) != 0)
        {
            int errno = SocketCalls.Errno;
            Close(descriptor);
            descriptor = -1;
            return errno;
        }

        RawAddress bound = default;
        uint length = RawAddress.Size;
        if (SocketCalls.getsockname(descriptor, bound.Octets, &length) == 0) boundPort = RawAddress.Source(bound.Octets).Port;
        return 0;
    }
}
