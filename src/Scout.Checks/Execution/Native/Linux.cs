using System.Runtime.InteropServices;

namespace Scout.Checks.Execution.Native;

/// <summary>Numbers of the Linux interface, and the calls the C library may be too old to know.</summary>
internal static unsafe class Linux
{
    public const int OpenCloseOnExec = 0x80000;
    public const int OpenNonBlock = 0x800;
    public const int FcntlSetFlags = 4;
    public const nuint IoctlBytesReadable = 0x541B;

    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const uint EpollIn = 1;
    public const uint EpollOnce = 1u << 30;

    public const int WaitNoHang = 1;
    public const int WaitExited = 4;
    public const int WaitNoReap = 0x01000000;
    public const int WaitAll = 0;
    public const int WaitPid = 1;

    public const int ModeTypeMask = 0xF000;
    public const int ModeRegular = 0x8000;
    public const int ModeDirectory = 0x4000;
    public const int ModeLink = 0xA000;
    public const int ModeSticky = 0x200;
    public const int ModeGroupWrite = 0x10;
    public const int ModeOthersWrite = 0x2;

    private const int AtCurrentFolder = -100;
    private const int AtNoFollow = 0x100;
    private const uint StatxBasic = 0x7FF;

    private static readonly long StatxNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 332,
        Architecture.S390x => 379,
        Architecture.Ppc64le => 383,
        _ => 291,
    };

    /// <summary>Bytes of an <c>epoll_event</c>: packed on x86-64, and only there.</summary>
    public static int EpollEventSize { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static int EpollDataOffset => EpollEventSize - 8;

    public static int EpollControl(int epoll, int operation, int fd, uint events, ulong data)
    {
        byte* buffer = stackalloc byte[16];
        *(uint*)buffer = events;
        *(ulong*)(buffer + EpollDataOffset) = data;
        return Libc.epoll_ctl(epoll, operation, fd, buffer) == 0 ? 0 : Libc.Errno;
    }

    public static ulong EpollData(byte* events, int index) => *(ulong*)(events + (index * EpollEventSize) + EpollDataOffset);

    /// <summary>0 or errno; the layout of statx is the same on every architecture.</summary>
    public static int Stat(byte* path, bool followLink, out FileFacts facts)
    {
        if (!OperatingSystem.IsLinux()) return StatOfMac(path, followLink, out facts);
        byte* buffer = stackalloc byte[256];
        facts = default;
        if (Libc.syscall(StatxNumber, AtCurrentFolder, (nint)path, followLink ? 0 : AtNoFollow, (nint)StatxBasic, (nint)buffer) != 0) return Libc.Errno;
        facts = new FileFacts(*(ushort*)(buffer + 28), *(uint*)(buffer + 20), *(uint*)(buffer + 24));
        return 0;
    }

    /// <summary>For <see cref="ProcessExecutor"/> on macOS (arm64), whose <c>struct stat</c> has mode, owner and group at fixed places.</summary>
    private static int StatOfMac(byte* path, bool followLink, out FileFacts facts)
    {
        byte* buffer = stackalloc byte[512];
        facts = default;
        if ((followLink ? Libc.stat(path, buffer) : Libc.lstat(path, buffer)) != 0) return Libc.Errno;
        facts = new FileFacts(*(ushort*)(buffer + 4), *(uint*)(buffer + 16), *(uint*)(buffer + 20));
        return 0;
    }

    /// <summary>The flags of the mount a path is on; 0 when not known.</summary>
    public static ulong MountFlags(byte* path)
    {
        if (!OperatingSystem.IsLinux()) return 0;
        byte* buffer = stackalloc byte[256];
        return Libc.statfs(path, buffer) == 0 ? *(ulong*)(buffer + 80) : 0;
    }

    /// <summary>A descriptor (close-on-exec), or minus errno. Kernel 5.3.</summary>
    public static int OpenPid(int pid)
    {
        long fd = Libc.syscall(434, pid, 0, 0, 0, 0);
        return fd >= 0 ? (int)fd : -Libc.Errno;
    }

    /// <summary>0 or errno. Kernel 5.1.</summary>
    public static int SignalPid(int pidFd, int signal) => Libc.syscall(424, pidFd, signal, 0, 0, 0) == 0 ? 0 : Libc.Errno;

    /// <summary>The first child that has ended and is not reaped yet, or 0; it stays unreaped.</summary>
    public static int PeekZombie(int kind, int id)
    {
        byte* info = stackalloc byte[128];
        *(int*)(info + 16) = 0;
        return Libc.waitid(kind, id, info, WaitExited | WaitNoHang | WaitNoReap) == 0 ? *(int*)(info + 16) : 0;
    }

    /// <summary>Peak resident size of this process in bytes.</summary>
    public static long OwnPeakMemory()
    {
        byte* usage = stackalloc byte[144];
        return Libc.getrusage(0, usage) == 0 ? *(long*)(usage + 32) * 1024 : 0;
    }
}

/// <summary>What <c>statx</c> says about a file.</summary>
internal readonly record struct FileFacts(int Mode, uint Owner, uint Group)
{
    public bool IsRegular => (Mode & Linux.ModeTypeMask) == Linux.ModeRegular;

    public bool IsDirectory => (Mode & Linux.ModeTypeMask) == Linux.ModeDirectory;

    public bool IsLink => (Mode & Linux.ModeTypeMask) == Linux.ModeLink;
}
