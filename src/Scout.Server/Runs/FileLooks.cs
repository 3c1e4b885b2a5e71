using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Scout.Machines.Runs;
using Scout.Server.Native;

namespace Scout.Server.Runs;

/// <summary>One look at a file, and putting a managed one right (machines.md section 8, <c>file</c>). Blocks; no state.</summary>
internal static class FileLooks
{
    /// <summary>What is there now, after mending when <paramref name="wanted"/> is given.</summary>
    public static FileLook Look(string path, ManagedFileRequest? wanted)
    {
        if (wanted is null) return Seen(path, mended: false);
        try
        {
            return Seen(path, Mend(wanted));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            return new FileLook(false, 0, 0, 0, false, $"{path}: {error.Message}");
        }
    }

    private static FileLook Seen(string path, bool mended)
    {
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        return errno == 0
            ? new FileLook(true, status.Modified, status.Size, status.Inode, mended, "")
            : new FileLook(false, 0, 0, 0, mended, $"{path}: {Errno.Text(errno)}");
    }

    private static bool Mend(ManagedFileRequest wanted)
    {
        uint mode = ParseMode(wanted.Mode);
        if (!Accounts.TryUser(wanted.Owner, out uint owner)) throw new FormatException($"owner '{wanted.Owner}' is not a user of this system");
        if (!Accounts.TryGroup(wanted.Group, out uint group)) throw new FormatException($"group '{wanted.Group}' is not a group of this system");
        byte[] contents = Encoding.UTF8.GetBytes(wanted.Contents);
        if (FileStatus.Look(wanted.Path, follow: false, out FileStatus status) == 0 && status.IsRegular && status.Size == contents.Length &&
            status.Permissions == mode && status.Uid == owner && status.Gid == group && File.ReadAllBytes(wanted.Path).AsSpan().SequenceEqual(contents))
        {
            return false;
        }

        Replace(wanted.Path, contents, owner, group, mode);
        return true;
    }

    // Temporary file beside it, owner, mode, fsync, rename: a reader sees the old file or the new one, never half of one.
    private static void Replace(string path, byte[] contents, uint owner, uint group, uint mode)
    {
        string temporary = Path.Combine(Path.GetDirectoryName(path) ?? "/", $".{Path.GetFileName(path)}.scout-tmp");
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(contents);
            int descriptor = (int)stream.SafeFileHandle.DangerousGetHandle();
            if (Libc.Fchown(descriptor, owner, group) != 0) throw Failed(temporary, "chown");
            if (Libc.Fchmod(descriptor, mode) != 0) throw Failed(temporary, "chmod");
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static IOException Failed(string path, string what) => new($"{what}: {Errno.Text(Marshal.GetLastPInvokeError())} ({Path.GetFileName(path)})");

    private static uint ParseMode(string text)
    {
        uint mode = 0;
        foreach (char digit in text)
        {
            if (digit is < '0' or > '7') throw new FormatException($"mode '{text}' is not octal, as in \"0644\"");
            mode = (mode << 3) | (uint)(digit - '0');
        }

        if (text.Length is 0 or > 5 || mode > 0xFFF) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"mode '{text}' is not a file mode, as in \"0644\""));
        return mode;
    }
}
