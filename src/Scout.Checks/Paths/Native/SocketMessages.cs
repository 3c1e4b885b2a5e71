using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Scout.Checks.Paths.Native;

/// <summary>
/// <c>recvmsg</c> with control data: TTL and hop limit of what came, and the error queue of a socket (ip(7), IP_RECVERR). Never waits. Layouts are those of 64-bit Linux.
/// </summary>
internal static unsafe partial class SocketMessages
{
    public const int Again = 11;
    public const int LevelIp = 0;
    public const int LevelIp6 = 41;
    private const int LevelSocket = 1;
    private const int TimestampNanoseconds = 35;
    private const int DontWait = 0x40;
    private const int ErrorQueue = 0x2000;
    private const int IpTtl = 2;
    private const int IpReceiveErrors = 11;
    private const int IpReceiveTtl = 12;
    private const int Ip6ReceiveErrors = 25;
    private const int Ip6ReceiveHopLimit = 51;
    private const int Ip6HopLimit = 52;
    private const int ControlRoom = 512;
    private const int OriginIcmp = 2;
    private const int OriginIcmp6 = 3;
    private const int ExtendedErrorSize = 16;
    private const int MessageTooLong = 90;

    /// <summary>Asks the system to tell TTL or hop limit of each packet.</summary>
    public static void WantTtl(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6) socket.SetRawSocketOption(LevelIp6, Ip6ReceiveHopLimit, BitConverter.GetBytes(1));
        else socket.SetRawSocketOption(LevelIp, IpReceiveTtl, BitConverter.GetBytes(1));
    }

    /// <summary>Asks the kernel to tell when it got each packet, so that the time until this process reads it does not count.</summary>
    public static void WantStamps(Socket socket) => socket.SetRawSocketOption(LevelSocket, TimestampNanoseconds, BitConverter.GetBytes(1));

    /// <summary>An errno of <see cref="Receive"/> as the framework would have thrown it.</summary>
    public static SocketException Failure(int errno) => new((int)(errno switch
    {
        13 or 1 => SocketError.AccessDenied,
        MessageTooLong => SocketError.MessageSize,
        92 => SocketError.ProtocolOption,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        104 => SocketError.ConnectionReset,
        105 => SocketError.NoBufferSpaceAvailable,
        111 => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    }));

    /// <summary>The next packet; 0, or errno (<see cref="Again"/>: nothing is there).</summary>
    public static int Receive(Socket socket, Span<byte> data, out SocketMessage message) => Take(socket, data, DontWait, out message);

    /// <summary>The next error; its data is what the ICMP packet quoted, from the head of the transport on for raw and ping sockets, from the payload on for UDP.</summary>
    public static int ReceiveError(Socket socket, Span<byte> data, out SocketMessage message) => Take(socket, data, DontWait | ErrorQueue, out message);

    private static int Take(Socket socket, Span<byte> data, int flags, out SocketMessage message)
    {
        message = default;
        byte* control = stackalloc byte[ControlRoom];
        fixed (byte* bytes = data)
        {
            var piece = new Piece { Base = bytes, Length = (nuint)data.Length };
            var head = new Head { Pieces = &piece, PieceCount = 1, Control = control, ControlLength = ControlRoom };
            nint size = recvmsg((int)socket.Handle, &head, flags);
            if (size < 0) return Marshal.GetLastPInvokeError();
            message = ReadControl(new ReadOnlySpan<byte>(control, (int)Math.Min(head.ControlLength, ControlRoom))) with { Size = (int)size };
            return 0;
        }
    }

    /// <summary>Control data as the kernel wrote it: heads of length (8), level (4), type (4), each aligned to 8.</summary>
    internal static SocketMessage ReadControl(ReadOnlySpan<byte> control)
    {
        var message = new SocketMessage { Ttl = -1 };
        while (control.Length >= 16)
        {
            long length = MemoryMarshal.Read<long>(control);
            if (length < 16 || length > control.Length) break;
            int level = MemoryMarshal.Read<int>(control[8..]);
            int type = MemoryMarshal.Read<int>(control[12..]);
            ReadOnlySpan<byte> data = control[16..(int)length];
            if ((level == LevelIp && type == IpTtl) || (level == LevelIp6 && type == Ip6HopLimit))
            {
                if (data.Length >= 4) message = message with { Ttl = MemoryMarshal.Read<int>(data) };
            }
            else if (level == LevelSocket && type == TimestampNanoseconds)
            {
                if (data.Length >= 16) message = message with { Stamp = (MemoryMarshal.Read<long>(data) * 1_000_000_000) + MemoryMarshal.Read<long>(data[8..]) };
            }
            else if ((level == LevelIp && type == IpReceiveErrors) || (level == LevelIp6 && type == Ip6ReceiveErrors))
            {
                message = ReadError(data, message);
            }

            long next = (length + 7) & ~7;
            if (next >= control.Length) break;
            control = control[(int)next..];
        }

        return message;
    }

    /// <summary><c>sock_extended_err</c>, and behind it the address of who complained.</summary>
    private static SocketMessage ReadError(ReadOnlySpan<byte> data, SocketMessage message)
    {
        if (data.Length < ExtendedErrorSize) return message;
        int errno = MemoryMarshal.Read<int>(data);
        ReadOnlySpan<byte> offender = data[ExtendedErrorSize..];
        IPAddress? address = null;
        if (offender.Length >= 8 && MemoryMarshal.Read<ushort>(offender) == 2) address = new IPAddress(offender[4..8]);
        else if (offender.Length >= 24 && MemoryMarshal.Read<ushort>(offender) == 10) address = new IPAddress(offender[8..24]);
        return message with
        {
            Errno = errno,
            IsIcmp = data[4] is OriginIcmp or OriginIcmp6,
            Type = data[5],
            Code = data[6],
            Mtu = errno == MessageTooLong ? MemoryMarshal.Read<int>(data[8..]) : 0,
            Offender = address,
        };
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int fd, Head* message, int flags);

    private struct Piece
    {
        public byte* Base;
        public nuint Length;
    }

    private struct Head
    {
        public void* Name;
        public uint NameLength;
        public Piece* Pieces;
        public nuint PieceCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
