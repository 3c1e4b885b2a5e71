using System.Text;
using Scout.Traffic.Kernel;

namespace Scout.Traffic.Cgroups;

/// <summary>The id that the programs see: the file handle of the cgroup's directory.</summary>
internal static unsafe class CgroupId
{
    private const uint InodeMask = 0x100;

    /// <summary>False when the directory is not there (any more).</summary>
    public static bool TryRead(string path, out ulong id)
    {
        byte[] text = Encoding.UTF8.GetBytes(path + '\0');
        fixed (byte* name = text)
        {
            var handle = new FileHandle { Bytes = sizeof(ulong) };
            int mount;
            if (Libc.name_to_handle_at(Libc.CurrentDirectory, name, &handle, &mount, 0) == 0)
            {
                id = handle.Id;
                return true;
            }

            // File handles may be forbidden (a seccomp filter) or unknown; on 64-bit machines the inode is the same number.
            Statx result = default;
            bool found = Libc.statx(Libc.CurrentDirectory, name, 0, InodeMask, &result) == 0;
            id = result.Inode;
            return found;
        }
    }
}
