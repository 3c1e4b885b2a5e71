using System.Net;
using System.Net.Sockets;

namespace Scout.Checks.Sockets;

/// <summary>How a datagram socket is opened.</summary>
public sealed record DatagramSocketOptions
{
    /// <summary>:: takes both families.</summary>
    public IPAddress Address { get; init; } = IPAddress.IPv6Any;

    /// <summary>0: any.</summary>
    public int Port { get; init; }

    /// <summary>Octets the kernel may hold for us; 0 leaves the system's.</summary>
    public int ReceiveBuffer { get; init; }

    /// <summary>Ask for ICMP errors (<see cref="DatagramSocket.TryReadError"/>).</summary>
    public bool Errors { get; init; }

    /// <summary>Ask to which own address a packet came, so that the answer leaves from it.</summary>
    public bool Destination { get; init; }

    /// <summary>Calls return at once.</summary>
    public bool NonBlocking { get; init; }
}

/// <summary>A UDP socket of Linux with the kernel's receive stamps, TTL 255 and DF. Dual stack where the host has IPv6.</summary>
public sealed unsafe class DatagramSocket : IDisposable
{
    private int fd;

    private DatagramSocket(int fd, bool isInet6)
    {
        this.fd = fd;
        IsInet6 = isInet6;
    }

    public int Descriptor => fd;

    public bool IsInet6 { get; }

    public int Port { get; private set; }

    /// <summary>Opens and binds. No address is shared: a port that is taken is an error.</summary>
    /// <returns>The socket, or null and the error number.</returns>
    public static DatagramSocket? TryOpen(DatagramSocketOptions options, out int errno)
    {
        bool any = options.Address.Equals(IPAddress.IPv6Any);
        DatagramSocket? socket = TryOpen(options, options.Address, options.Address.AddressFamily == AddressFamily.InterNetworkV6, out errno);

        // A host without IPv6 still has its IPv4.
        if (socket is null && any && errno is SocketErrors.FamilyNotSupported or SocketErrors.AddressNotAvailable) socket = TryOpen(options, IPAddress.Any, isInet6: false, out errno);
        return socket;
    }

    /// <summary>Sends one packet.</summary>
    /// <returns>0 or the error number.</returns>
    public int Send(ReadOnlySpan<byte> packet, in RawAddress to)
    {
        fixed (byte* data = packet)
        fixed (byte* address = to.Octets)
        {
            // An error of an earlier packet is told by the next call, whoever it is for: take it and send again.
            for (int tries = 0; ; tries++)
            {
                if (SocketCalls.sendto(fd, data, packet.Length, SocketCalls.MessageDontWait | SocketCalls.MessageNoSignal, address, to.Length) >= 0) return 0;
                int errno = SocketCalls.Errno;
                if (tries >= 3 || errno is not (SocketErrors.Interrupted or SocketErrors.Refused or SocketErrors.HostUnreachable or SocketErrors.TooLong)) return errno;
            }
        }
    }

    /// <summary>Takes one ICMP error: what of our packet it quotes.</summary>
    /// <param name="payload">Room for the quoted packet.</param>
    /// <returns>Octets quoted, or -1 when there is no error.</returns>
    public int TryReadError(Span<byte> payload, out int errno)
    {
        byte* control = stackalloc byte[256];
        byte* address = stackalloc byte[RawAddress.Size];
        errno = 0;
        fixed (byte* data = payload)
        {
            var part = new Part { Data = data, Length = (nuint)payload.Length };
            var message = new MessageHeader { Address = address, AddressLength = RawAddress.Size, Parts = &part, PartCount = 1, Control = control, ControlLength = 256 };
            nint length = SocketCalls.recvmsg(fd, &message, SocketCalls.MessageErrorQueue | SocketCalls.MessageDontWait);
            if (length < 0) return -1;
            for (nuint at = 0; at + (nuint)sizeof(ControlHeader) <= message.ControlLength;)
            {
                var header = (ControlHeader*)(control + at);
                bool isError = (header->Level == SocketCalls.LevelIp && header->Type == SocketCalls.IpReceiveErrors)
                    || (header->Level == SocketCalls.LevelIp6 && header->Type == SocketCalls.Ip6ReceiveErrors);
                if (isError) errno = *(int*)(control + at + (nuint)sizeof(ControlHeader));
                if (header->Length < (nuint)sizeof(ControlHeader)) break;
                at += (header->Length + 7) & ~(nuint)7;
            }

            return (int)length;
        }
    }

    /// <summary>Wakes a thread that waits in a receive; it gets 0 packets or an empty one.</summary>
    public void Wake() => _ = SocketCalls.shutdown(fd, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        int old = Interlocked.Exchange(ref fd, -1);
        if (old >= 0) _ = SocketCalls.close(old);
    }

    private static DatagramSocket? TryOpen(DatagramSocketOptions options, IPAddress address, bool isInet6, out int errno)
    {
        int type = SocketCalls.Datagram | SocketCalls.CloseOnExec | (options.NonBlocking ? SocketCalls.NonBlocking : 0);
        int opened = SocketCalls.socket(isInet6 ? SocketCalls.FamilyInet6 : SocketCalls.FamilyInet, type, 0);
        errno = opened < 0 ? SocketCalls.Errno : 0;
        if (opened < 0) return null;
        var socket = new DatagramSocket(opened, isInet6);
        socket.SetOptions(options);
        if (!RawAddress.TryMake(address, options.Port, isInet6, out RawAddress local) || SocketCalls.bind(opened, local.Octets, local.Length) != 0)
        {
            errno = SocketCalls.Errno;
            socket.Dispose();
            return null;
        }

        RawAddress bound = default;
        uint length = RawAddress.Size;
        if (SocketCalls.getsockname(opened, bound.Octets, &length) == 0) socket.Port = RawAddress.Source(bound.Octets).Port;
        return socket;
    }

    private void SetOptions(DatagramSocketOptions options)
    {
        // What the kernel does not know is done without: stamps become the time of reading, TTL stays unknown.
        if (IsInet6) _ = SocketCalls.Set(fd, SocketCalls.LevelIp6, SocketCalls.Ip6Only, 0);
        _ = SocketCalls.Set(fd, SocketCalls.LevelSocket, SocketCalls.TimestampNanoseconds, 1);
        _ = SocketCalls.Set(fd, SocketCalls.LevelIp, SocketCalls.IpReceiveTtl, 1);
        _ = SocketCalls.Set(fd, SocketCalls.LevelIp, SocketCalls.IpTtl, 255);
        _ = SocketCalls.Set(fd, SocketCalls.LevelIp, SocketCalls.IpMtuDiscover, SocketCalls.MtuProbe);
        if (options.ReceiveBuffer > 0) _ = SocketCalls.Set(fd, SocketCalls.LevelSocket, SocketCalls.ReceiveBuffer, options.ReceiveBuffer);
        if (options.Errors) _ = SocketCalls.Set(fd, SocketCalls.LevelIp, SocketCalls.IpReceiveErrors, 1);
        if (options.Destination && !IsInet6) _ = SocketCalls.Set(fd, SocketCalls.LevelIp, SocketCalls.IpPacketInfo, 1);
        if (!IsInet6) return;
        _ = SocketCalls.Set(fd, SocketCalls.LevelIp6, SocketCalls.Ip6ReceiveHopLimit, 1);
        _ = SocketCalls.Set(fd, SocketCalls.LevelIp6, SocketCalls.Ip6UnicastHops, 255);
        _ = SocketCalls.Set(fd, SocketCalls.LevelIp6, SocketCalls.Ip6MtuDiscover, SocketCalls.MtuProbe);
        if (options.Errors) _ = SocketCalls.Set(fd, SocketCalls.LevelIp6, SocketCalls.Ip6ReceiveErrors, 1);
        if (options.Destination) _ = SocketCalls.Set(fd, SocketCalls.LevelIp6, SocketCalls.Ip6ReceivePacketInfo, 1);
    }
}
