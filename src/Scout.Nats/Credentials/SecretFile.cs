using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Scout.Nats;

/// <summary>Reads a file with a secret, and refuses one that others can read or that somebody else owns. What is looked at is the open file, not its name.</summary>
internal static partial class SecretFile
{
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    private const int AtEmptyPath = 0x1000;
    private const uint StatxUid = 0x8;
    private const int StatxSize = 256;
    private const int StatxUidOffset = 20;

    /// <exception cref="NatsCredentialsException">It cannot be read, or may not be used.</exception>
    public static byte[] Read(string path, int maxSize)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!OperatingSystem.IsWindows()) CheckOwner(path, file);
            long size = RandomAccess.GetLength(file);
            if (size > maxSize) throw new NatsCredentialsException($"{path} has {size} bytes; {maxSize} are the most that is read.");
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)size, pinned: true);
            int held = 0;
            while (held < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(held), held) is > 0 and int count) held += count;
            if (held == bytes.Length) return bytes;
            CryptographicOperations.ZeroMemory(bytes);
            throw new NatsCredentialsException($"{path} changed while it was read.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new NatsCredentialsException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static void CheckOwner(string path, SafeFileHandle file)
    {
        UnixFileMode mode = File.GetUnixFileMode(file);
        if ((mode & Others) != UnixFileMode.None)
        {
            throw new NatsCredentialsException(
                $"{path} is open to every user of this machine (mode {Convert.ToString((int)mode, 8)}): whoever read it can log in with it. Make it private (chmod o= {path}).");
        }

        uint owner = Owner(path, file);
        if (owner != 0 && owner != geteuid())
            throw new NatsCredentialsException($"{path} belongs to user {owner}; it must belong to root or to the user this runs as ({geteuid()}).");
    }

    private static unsafe uint Owner(string path, SafeFileHandle file)
    {
        byte* status = stackalloc byte[StatxSize];
        byte empty = 0;
        if (statx(file, &empty, AtEmptyPath, StatxUid, status) != 0)
            throw new NatsCredentialsException($"The owner of {path} cannot be read (errno {Marshal.GetLastPInvokeError()}).");
        return BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(status + StatxUidOffset, sizeof(uint)));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statx(SafeFileHandle folder, byte* path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
