using System.Runtime.InteropServices;

namespace Scout.Checks.Execution.Native;

/// <summary>The few calls of the C library this room needs. Blittable; errno is kept only where somebody reads it.</summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    [LibraryImport(Name, SetLastError = true)]
    public static partial int pipe2(int* fds, int flags);

    [LibraryImport(Name)]
    public static partial int close(int fd);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport(Name)]
    public static partial nint write(int fd, byte* buffer, nint count);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int open(byte* path, int flags, int mode);

    [LibraryImport(Name)]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport(Name)]
    public static partial int ioctl(int fd, nuint request, int* value);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int fd, byte* ev);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* events, int count, int timeout);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int eventfd(uint value, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int wait4(int pid, int* status, int options, byte* usage);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int waitid(int kind, int id, byte* info, int options);

    [LibraryImport(Name)]
    public static partial int getrusage(int who, byte* usage);

    [LibraryImport(Name)]
    public static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport(Name)]
    public static partial int getrlimit(int resource, ulong* limit);

    [LibraryImport(Name)]
    public static partial int setrlimit(int resource, ulong* limit);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int lstat(byte* path, byte* buffer);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int stat(byte* path, byte* buffer);

    [LibraryImport(Name)]
    public static partial int clock_gettime(int clock, long* time);

    [LibraryImport(Name)]
    public static partial uint geteuid();

    [LibraryImport(Name)]
    public static partial int getpgrp();

    [LibraryImport(Name, SetLastError = true)]
    public static partial int access(byte* path, int mode);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint readlink(byte* path, byte* buffer, nint size);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int statfs(byte* path, byte* buffer);

    [LibraryImport(Name)]
    public static partial int sigaction(int signal, byte* action, byte* old);

    [LibraryImport(Name)]
    public static partial nint signal(int signal, nint handler);

    [LibraryImport(Name)]
    public static partial int sigemptyset(byte* set);

    [LibraryImport(Name, SetLastError = true)]
    public static partial long syscall(long number, nint a, nint b, nint c, nint d, nint e);

    [LibraryImport(Name)]
    public static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_addopen(byte* actions, int fd, byte* path, int flags, int mode);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int newFd);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_addchdir_np(byte* actions, byte* path);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_setpgroup(byte* attributes, int group);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);

    /// <summary>The errno of the last call that keeps it.</summary>
    public static int Errno => Marshal.GetLastPInvokeError();
}
