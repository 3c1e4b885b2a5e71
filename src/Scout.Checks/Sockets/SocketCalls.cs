using System.Runtime.InteropServices;

namespace Scout.Checks.Sockets;

/// <summary>The calls of Linux that .NET's sockets hide: batches, control data, the error queue. Blittable.</summary>
internal static unsafe partial class SocketCalls
{
    public const int FamilyInet = 2;
    public const int FamilyInet6 = 10;
    public const int Stream = 1;
    public const int Datagram = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    public const int LevelSocket = 1;
    public const int LevelIp = 0;
    public const int LevelTcp = 6;
    public const int LevelIp6 = 41;

    public const int ReuseAddress = 2;
    public const int SocketError = 4;
    public const int ReceiveBuffer = 8;
    public const int Linger = 13;
    public const int TimestampNanoseconds = 35;
    public const int IpTtl = 2;
    public const int IpPacketInfo = 8;
    public const int IpMtuDiscover = 10;
    public const int IpReceiveErrors = 11;
    public const int IpReceiveTtl = 12;
    public const int IpMtu = 14;
    public const int Ip6UnicastHops = 16;
    public const int Ip6MtuDiscover = 23;
    public const int Ip6Mtu = 24;
    public const int Ip6ReceiveErrors = 25;
    public const int Ip6Only = 26;
    public const int Ip6ReceivePacketInfo = 49;
    public const int Ip6PacketInfo = 50;
    public const int Ip6ReceiveHopLimit = 51;
    public const int Ip6HopLimit = 52;
    public const int TcpDeferAccept = 9;

    /// <summary>DF on, and the cached path MTU is not asked: the packet goes out as it is.</summary>
    public const int MtuProbe = 3;

    public const int MessageDontWait = 0x40;
    public const int MessageErrorQueue = 0x2000;
    public const int MessageNoSignal = 0x4000;
    public const int MessageWaitForOne = 0x10000;
    public const int MessageTruncated = 0x20;

    private const string Name = "libc";

    [LibraryImport(Name, SetLastError = true)]
    public static partial int socket(int family, int type, int protocol);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int bind(int fd, void* address, uint length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int listen(int fd, int backlog);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int accept4(int fd, void* address, uint* length, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int connect(int fd, void* address, uint length);

    [LibraryImport(Name)]
    public static partial int shutdown(int fd, int how);

    [LibraryImport(Name)]
    public static partial int close(int fd);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int getsockname(int fd, void* address, uint* length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint send(int fd, void* data, nint length, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint sendto(int fd, void* data, nint length, int flags, void* address, uint addressLength);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint recv(int fd, void* data, nint length, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint recvmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int recvmmsg(int fd, BatchHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int sendmmsg(int fd, BatchHeader* messages, uint count, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int fd, void* ev);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int epoll_wait(int epoll, void* events, int count, int timeout);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int eventfd(uint value, int flags);

    [LibraryImport(Name)]
    public static partial nint read(int fd, void* buffer, nint count);

    [LibraryImport(Name)]
    public static partial nint write(int fd, void* buffer, nint count);

    public static int Errno => Marshal.GetLastPInvokeError();

    public static int Set(int fd, int level, int option, int value) => setsockopt(fd, level, option, &value, sizeof(int)) == 0 ? 0 : Errno;

    public static int Get(int fd, int level, int option)
    {
        int value = 0;
        uint length = sizeof(int);
        return getsockopt(fd, level, option, &value, &length) == 0 ? value : -1;
    }
}

/// <summary><c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Part
{
    public byte* Data;
    public nuint Length;
}

/// <summary><c>struct msghdr</c> of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public byte* Address;
    public uint AddressLength;
    public Part* Parts;
    public nuint PartCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary><c>struct mmsghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BatchHeader
{
    public MessageHeader Message;
    public uint Length;
}

/// <summary><c>struct cmsghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    public nuint Length;
    public int Level;
    public int Type;
}
