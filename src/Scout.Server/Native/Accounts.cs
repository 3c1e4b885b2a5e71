using System.Runtime.InteropServices;
using System.Text;

namespace Scout.Server.Native;

/// <summary>Names and numbers of users and groups, by the system's own lookup (files, LDAP, whatever it is set to).</summary>
internal static partial class Accounts
{
    private const int BufferSize = 16 * 1024;

    /// <summary>The name of a user, or null when the number has none.</summary>
    public static unsafe string? UserName(uint uid)
    {
        byte[] memory = new byte[BufferSize];
        Passwd entry = default;
        Passwd* found = null;
        fixed (byte* buffer = memory)
        {
            return GetPasswordByUid(uid, &entry, buffer, BufferSize, &found) == 0 && found is not null ? Text(found->Name) : null;
        }
    }

    /// <summary>User and first group of a name; null when there is no such user.</summary>
    public static unsafe (uint Uid, uint Gid)? Find(string user)
    {
        if (user.Length == 0 || user.Contains('\0', StringComparison.Ordinal)) return null;
        byte[] memory = new byte[BufferSize];
        Passwd entry = default;
        Passwd* found = null;
        fixed (byte* buffer = memory, name = Zero(user))
        {
            return GetPasswordByName(name, &entry, buffer, BufferSize, &found) == 0 && found is not null ? (entry.Uid, entry.Gid) : null;
        }
    }

    /// <summary>The number of a user given as name or number.</summary>
    public static unsafe bool TryUser(string user, out uint uid)
    {
        if (uint.TryParse(user, out uid)) return true;
        byte[] memory = new byte[BufferSize];
        Passwd entry = default;
        Passwd* found = null;
        fixed (byte* buffer = memory, name = Zero(user))
        {
            if (GetPasswordByName(name, &entry, buffer, BufferSize, &found) != 0 || found is null) return false;
        }

        uid = entry.Uid;
        return true;
    }

    /// <summary>The number of a group given as name or number.</summary>
    public static unsafe bool TryGroup(string group, out uint gid)
    {
        if (uint.TryParse(group, out gid)) return true;
        byte[] memory = new byte[BufferSize];
        Group entry = default;
        Group* found = null;
        fixed (byte* buffer = memory, name = Zero(group))
        {
            if (GetGroupByName(name, &entry, buffer, BufferSize, &found) != 0 || found is null) return false;
        }

        gid = entry.Gid;
        return true;
    }

    private static byte[] Zero(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static unsafe string? Text(byte* pointer) => Marshal.PtrToStringUTF8((nint)pointer);

    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    private static unsafe partial int GetPasswordByUid(uint uid, Passwd* entry, byte* buffer, nuint size, Passwd** found);

    [LibraryImport("libc", EntryPoint = "getpwnam_r")]
    private static unsafe partial int GetPasswordByName(byte* name, Passwd* entry, byte* buffer, nuint size, Passwd** found);

    [LibraryImport("libc", EntryPoint = "getgrnam_r")]
    private static unsafe partial int GetGroupByName(byte* name, Group* entry, byte* buffer, nuint size, Group** found);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Passwd
    {
        public byte* Name;
        public byte* Password;
        public uint Uid;
        public uint Gid;
        public byte* Gecos;
        public byte* Home;
        public byte* Shell;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Group
    {
        public byte* Name;
        public byte* Password;
        public uint Gid;
        public byte** Members;
    }
}
