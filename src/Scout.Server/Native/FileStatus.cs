using System.Runtime.InteropServices;
using System.Text;

namespace Scout.Server.Native;

/// <summary>What <c>statx</c> tells of a file. Its layout is the same on every architecture, which <c>stat</c>'s is not.</summary>
/// <param name="Mode">Type and permission bits.</param>
/// <param name="Modified">Nanoseconds since the Unix epoch.</param>
internal readonly record struct FileStatus(uint Mode, uint Uid, uint Gid, ulong Inode, long Size, long Modified, ulong Device)
{
    private const uint TypeMask = 0xF000;

    public bool IsDirectory => (Mode & TypeMask) == 0x4000;

    public bool IsRegular => (Mode & TypeMask) == 0x8000;

    public bool IsLink => (Mode & TypeMask) == 0xA000;

    public bool IsSocket => (Mode & TypeMask) == 0xC000;

    public bool WritableByOthers => (Mode & 0x2) != 0;

    public bool Sticky => (Mode & 0x200) != 0;

    /// <summary>The twelve permission bits.</summary>
    public uint Permissions => Mode & 0xFFF;

    /// <summary>Looks at a path; a link is followed unless told otherwise. The errno is 0 on success.</summary>
    public static unsafe int Look(string path, bool follow, out FileStatus status)
    {
        if (path.Length > 4096)
        {
            status = default;
            return 36; // ENAMETOOLONG
        }

        Span<byte> name = stackalloc byte[Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        int length = Encoding.UTF8.GetBytes(path, name);
        name[length] = 0;
        StatxBuffer buffer = default;
        int result;
        fixed (byte* pointer = name)
        {
            result = Libc.Statx(Libc.AtFdCwd, pointer, follow ? 0 : Libc.AtSymlinkNofollow, Libc.StatxBasicStats, &buffer);
        }

        if (result != 0)
        {
            status = default;
            return Marshal.GetLastPInvokeError();
        }

        status = new FileStatus(buffer.Mode, buffer.Uid, buffer.Gid, buffer.Inode, (long)buffer.Size,
            unchecked(buffer.ModifiedSeconds * 1_000_000_000 + buffer.ModifiedNanoseconds), ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor);
        return 0;
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatxBuffer
    {
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}
