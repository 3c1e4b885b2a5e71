using System.Runtime.InteropServices;

namespace Scout.Broker.Supervision;

/// <summary>The few calls of the C library that the launcher needs. Blittable, with errno.</summary>
internal static unsafe partial class Native
{
    public const int OpenReadWriteCreate = 0x2 | 0x40;
    private const int CloseByExec = 0x80000;
    private const int AppendCreate = 0x1 | 0x40 | 0x400 | CloseByExec;
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int LockRelease = 8;
    public const int WouldBlock = 11;
    public const int Interrupted = 4;
    public const int SignalHangup = 1;
    public const int SignalTerminate = 15;
    private const int SignalPipe = 13;
    private const int SetParentDeathSignal = 1;
    private const int SignalMaskSet = 2;
    private const int CloseOnExec = 4;

    /// <summary>Opens a file to read and write, making it with 0600; stays open across exec. Returns -1 with errno.</summary>
    public static int Open(string path)
    {
        fixed (byte* name = Bytes(path)) return open(name, OpenReadWriteCreate, 0x180);
    }

    /// <summary>The same, closed by exec: a lock on it is ours alone, whatever we start meanwhile.</summary>
    public static int OpenOwn(string path)
    {
        fixed (byte* name = Bytes(path)) return open(name, OpenReadWriteCreate | CloseByExec, 0x180);
    }

    /// <summary>
    /// Adds to the end of a file, which is made with 0600 when missing, and syncs it. Whole also when another process adds at the same time: the library's append
    /// writes where the end was. False with errno.
    /// </summary>
    public static bool Append(string path, ReadOnlySpan<byte> bytes)
    {
        // What a full disk cut must not swallow the next line.
        if (IsTorn(path)) bytes = (byte[])[(byte)'\n', .. bytes];
        int descriptor;
        fixed (byte* name = Bytes(path)) descriptor = open(name, AppendCreate, 0x180);
        if (descriptor < 0) return false;
        bool done = Write(descriptor, bytes) && fsync(descriptor) == 0;
        int errno = LastError;
        _ = close(descriptor);
        Marshal.SetLastPInvokeError(errno);
        return done;
    }

    /// <summary>Whether the last line of a file has no end.</summary>
    private static bool IsTorn(string path)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long length = RandomAccess.GetLength(file);
            Span<byte> last = stackalloc byte[1];
            return length > 0 && RandomAccess.Read(file, last, length - 1) == 1 && last[0] != (byte)'\n';
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static int Flock(int descriptor, int operation) => flock(descriptor, operation);

    public static int Close(int descriptor) => close(descriptor);

    /// <summary>Makes the names in a folder durable. Best effort: not every file system can.</summary>
    public static void SyncFolder(string path)
    {
        int descriptor;
        fixed (byte* name = Bytes(path)) descriptor = open(name, CloseByExec, 0);
        if (descriptor < 0) return;
        _ = fsync(descriptor);
        _ = close(descriptor);
    }

    public static int GetParentProcessId() => getppid();

    public static uint GetEffectiveUserId() => geteuid();

    public static int Kill(int pid, int signal) => kill(pid, signal);

    public static int LastError => Marshal.GetLastPInvokeError();

    public static string LastErrorText => Marshal.GetPInvokeErrorMessage(LastError);

    public static bool Truncate(int descriptor) => ftruncate(descriptor, 0) == 0;

    public static bool Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) return write(descriptor, start, (nuint)bytes.Length) == bytes.Length;
    }

    /// <summary>SIGTERM to this process when the thread that started it ends.</summary>
    public static bool DieWithParent() => prctl(SetParentDeathSignal, SignalTerminate, 0, 0, 0) == 0;

    /// <summary>A process group of its own, so that Ctrl-C of a terminal reaches only the supervisor.</summary>
    public static bool LeadGroup() => setpgid(0, 0) == 0;

    /// <summary>What the runtime changed and exec would hand on: an ignored SIGPIPE, blocked signals.</summary>
    public static void ResetSignals()
    {
        _ = signal(SignalPipe, 0);
        ulong* none = stackalloc ulong[16];
        new Span<ulong>(none, 16).Clear();
        _ = sigprocmask(SignalMaskSet, none, null);
    }

    /// <summary>Marks all but the standard descriptors and one more to be closed by exec: whoever started us may have left some open, with locks on them.</summary>
    public static void KeepOnly(int descriptor)
    {
        try
        {
            if (descriptor > 3) _ = close_range(3, (uint)descriptor - 1, CloseOnExec);
            _ = close_range((uint)descriptor + 1, uint.MaxValue, CloseOnExec);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library before 2.34: they stay open, as they always did.
        }
    }

    /// <summary>Replaces this process; returns only when that fails, with errno.</summary>
    public static int Execute(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        byte** argv = Vector(arguments);
        byte** envp = Vector(environment);
        fixed (byte* name = Bytes(path)) _ = execve(name, argv, envp);
        return LastError;
    }

    /// <summary>Owner of a path, or null when it cannot be told.</summary>
    public static uint? OwnerOf(string path)
    {
        // struct stat differs between architectures; statx does not: stx_uid stands at byte 20.
        byte* buffer = stackalloc byte[256];
        fixed (byte* name = Bytes(path))
        {
            return statx(-100, name, 0, 0x8, buffer) == 0 ? *(uint*)(buffer + 20) : null;
        }
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text + "\0");

    /// <summary>Never freed: what follows is exec, or the end.</summary>
    private static byte** Vector(IReadOnlyList<string> texts)
    {
        byte** vector = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < texts.Count; i++) vector[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        return vector;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close_range(uint first, uint last, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int descriptor, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setpgid(int pid, int group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sigprocmask(int how, ulong* set, ulong* old);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execve(byte* path, byte** argv, byte** envp);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int folder, byte* path, int flags, uint mask, byte* buffer);
}
