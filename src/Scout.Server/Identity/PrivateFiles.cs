using System.Runtime.InteropServices;
using Scout.Server.Native;

namespace Scout.Server.Identity;

/// <summary>Files for this server alone, there whole or not at all, also after a power cut: temporary file, fsync, rename, fsync of the folder (server.md section 3).</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;

    /// <summary>Takes the place of what is there.</summary>
    /// <exception cref="IOException">It cannot be written; what was there stays.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + ".tmp";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnFile, BufferSize = 0 }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Takes the place of what is there by that name.</summary>
    /// <exception cref="IOException">It cannot be moved; both stay.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static void Move(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        SyncFolder(Path.GetDirectoryName(to)!);
    }

    /// <summary>Removes a file for good; one that is not there is fine.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static void Remove(string path)
    {
        if (!File.Exists(path)) return;
        File.Delete(path);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes a folder of our own, or closes the one that is there.</summary>
    /// <exception cref="Life.LifeException">Exit code 3: it is somebody else's, a link, or cannot be made.</exception>
    public static void OpenFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OwnFolder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new Life.LifeException(3, $"{path} cannot be made: {error.Message}", "the data directory must belong to the server's user");
        }

        int errno = FileStatus.Look(path, follow: false, out FileStatus status);
        if (errno != 0) throw new Life.LifeException(3, $"{path}: {Errno.Text(errno)}");
        if (!status.IsDirectory || status.Uid != Libc.EffectiveUser()) throw new Life.LifeException(3, $"{path} is no folder of this server's user", "move it away, or give another directory with --data");
        if ((status.Permissions & 0x1FF) != 0x1C0 && Libc.Chmod(path, 0x1C0) != 0) throw new Life.LifeException(3, $"{path} cannot be set to mode 0700: {Errno.Text(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>Null when it is a file that nobody but its group, us and root can read; else why not and how to mend it.</summary>
    public static string? WhyUnsafe(string path)
    {
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        if (errno != 0) return $"{path}: {Errno.Text(errno)}";
        if (!status.IsRegular) return $"{path} is no file";
        if ((status.Permissions & 0b000_010_111) != 0) return $"{path} can be read or written by others: chmod 0600 {path}";
        if (status.Uid != 0 && status.Uid != Libc.EffectiveUser()) return $"{path} belongs to {Accounts.UserName(status.Uid) ?? $"uid {status.Uid}"}: it must belong to root or to the server's user";
        return null;
    }

    private static void SyncFolder(string folder)
    {
        int descriptor = Libc.OpenAt(Libc.AtFdCwd, folder, Libc.OpenReadOnly | Libc.OpenDirectory | Libc.OpenCloseOnExec, 0);
        if (descriptor < 0) return;
        // A file system that cannot sync a folder keeps its names in another way.
        _ = Libc.Fsync(descriptor);
        _ = Libc.Close(descriptor);
    }
}
