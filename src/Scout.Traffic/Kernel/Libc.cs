using System.Runtime.InteropServices;

namespace Scout.Traffic.Kernel;

/// <summary>The few calls of the C library this room needs. Blittable.</summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    public const int CurrentDirectory = -100;

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint syscall(nint number, nint command, void* attributes, nint size);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int open(byte* path, int flags, int mode);

    [LibraryImport(Name)]
    public static partial int close(int fd);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int name_to_handle_at(int directory, byte* path, FileHandle* handle, int* mount, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);

    [LibraryImport(Name)]
    public static partial int getrlimit(int resource, ResourceLimit* limit);

    [LibraryImport(Name)]
    public static partial int setrlimit(int resource, ResourceLimit* limit);
}

/// <summary>A file handle of the kernel's cgroup file system: eight bytes, the cgroup's id.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FileHandle
{
    [FieldOffset(0)] public uint Bytes;
    [FieldOffset(4)] public int Type;
    [FieldOffset(8)] public ulong Id;
}

[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct Statx
{
    [FieldOffset(32)] public ulong Inode;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ResourceLimit
{
    public ulong Soft;
    public ulong Hard;
}
