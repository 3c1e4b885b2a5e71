using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Scout.Server.Logging;
using Scout.Server.Native;

namespace Scout.Server.Life;

/// <summary>The data directory and its lock (server.md section 3). The lock is held while this lives.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly SafeFileHandle handle;

    private DataDirectory(string path, SafeFileHandle handle)
    {
        Path = path;
        this.handle = handle;
    }

    public string Path { get; }

    /// <summary>Folder of files for runs.</summary>
    public string Temporary => System.IO.Path.Combine(Path, "tmp");

    /// <summary>Makes the folder when missing, checks whose it is, takes the lock.</summary>
    /// <exception cref="LifeException">Exit code 3: it cannot be used, or another server uses it.</exception>
    public static unsafe DataDirectory Open(string path, ILogger log)
    {
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        if (errno == Libc.ErrnoNotFound)
        {
            try
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new LifeException(3, $"data directory {path} cannot be made: {error.Message}", "make it for the server's user, or give another with --data");
            }

            errno = FileStatus.Look(path, follow: true, out status);
        }

        if (errno != 0) throw new LifeException(3, $"data directory {path}: {Errno.Text(errno)}", "give another with --data");
        if (!status.IsDirectory) throw new LifeException(3, $"data directory {path} is not a folder", "give another with --data");
        uint user = Libc.EffectiveUser();
        if (status.Uid != user) throw new LifeException(3, $"data directory {path} belongs to {Accounts.UserName(status.Uid) ?? $"uid {status.Uid}"}, and this server runs as {Accounts.UserName(user) ?? $"uid {user}"}", $"chown it, or give another with --data");
        if (status.WritableByOthers) throw new LifeException(3, $"data directory {path} is writable by others", $"chmod 0700 {path}");
        if ((status.Permissions & 0x1FF) != 0x1C0)
        {
            if (Libc.Chmod(path, 0x1C0) != 0) throw new LifeException(3, $"data directory {path} cannot be set to mode 0700: {Errno.Text(Marshal.GetLastPInvokeError())}");
            LogMessages.FolderClosed(log, path);
        }

        return Lock(path);
    }

    public void Dispose() => handle.Dispose();

    private static unsafe DataDirectory Lock(string path)
    {
        string file = System.IO.Path.Combine(path, "lock");
        int descriptor = Libc.OpenAt(Libc.AtFdCwd, file, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0x180);
        if (descriptor < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            throw new LifeException(3, $"data directory {path} cannot be written: {Errno.Text(errno)}", "make it writable for the server's user, or give another with --data");
        }

        var held = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Libc.Flock(descriptor, Libc.LockExclusive | Libc.LockNonBlocking) != 0)
        {
            byte* holder = stackalloc byte[16];
            nint read = Libc.Read(descriptor, holder, 16);
            string pid = read > 0 ? Encoding.ASCII.GetString(holder, (int)read).Trim() : "?";
            held.Dispose();
            throw new LifeException(3, $"data directory {path} is in use by process {pid}", "stop that server, or give another directory with --data");
        }

        byte[] own = Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        RandomAccess.SetLength(held, 0);
        RandomAccess.Write(held, own, 0);
        return new DataDirectory(path, held);
    }
}
