using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Scout.Server.Native;

namespace Scout.Server.Textfile;

/// <summary>
/// Writes <c>scout-&lt;node&gt;.prom</c> by temporary file and rename, so that the collector never sees half of one (server.md section 7). The folder
/// is opened once a write, without following a link, and everything happens relative to it.
/// </summary>
internal sealed class TextfileWriter(string directory, string node)
{
    private readonly string name = $"scout-{node}.prom";
    private readonly string temporary = $".scout-{node}.prom.tmp";

    /// <summary>Absolute path of the file.</summary>
    public string Path => System.IO.Path.Combine(directory, name);

    /// <summary>Makes the folder (0755) when only it is missing, and tries whether it can be written; null when all is well, else what is wrong.</summary>
    public string? Prepare()
    {
        int errno = FileStatus.Look(directory, follow: false, out FileStatus status);
        if (errno == Libc.ErrnoNotFound)
        {
            string parent = System.IO.Path.GetDirectoryName(directory) ?? "/";
            if (!Directory.Exists(parent)) return $"{directory}: its parent {parent} does not exist either; make it, or give another textfile.directory";
            try
            {
                Directory.CreateDirectory(directory, (UnixFileMode)0b111_101_101);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return $"{directory}: cannot be made: {error.Message}";
            }
        }
        else if (errno != 0)
        {
            return $"{directory}: {Errno.Text(errno)}";
        }
        else if (status.IsLink)
        {
            return $"{directory} is a link; name the folder itself";
        }
        else if (!status.IsDirectory)
        {
            return $"{directory} is not a folder";
        }

        return TryOpen(out SafeFileHandle? folder, out string? problem) ? TryTemporary(folder) : problem;
    }

    /// <summary>Replaces the file; null when done, else what is wrong. The old file stays whole then.</summary>
    /// <param name="text">In pieces.</param>
    public string? Write(ReadOnlyMemory<byte>[] text)
    {
        if (!TryOpen(out SafeFileHandle? folder, out string? problem)) return problem;
        using (folder)
        {
            int parent = (int)folder.DangerousGetHandle();
            if (WriteTemporary(parent, text) is { } failed) return failed;
            if (Libc.RenameAt(parent, temporary, parent, name) == 0) return null;
            return Failed("rename", removeFrom: parent);
        }
    }

    private string? TryTemporary(SafeFileHandle folder)
    {
        using (folder)
        {
            int parent = (int)folder.DangerousGetHandle();
            string? failed = WriteTemporary(parent, []);
            if (failed is null) _ = Libc.UnlinkAt(parent, temporary, 0);
            return failed;
        }
    }

    private string? WriteTemporary(int parent, ReadOnlyMemory<byte>[] text)
    {
        _ = Libc.UnlinkAt(parent, temporary, 0);
        int file = Libc.OpenAt(parent, temporary, Libc.OpenWriteOnly | Libc.OpenCreate | Libc.OpenExclusive | Libc.OpenCloseOnExec, 0b110_100_100);
        if (file < 0) return Failed("cannot write", removeFrom: -1);
        using var handle = new SafeFileHandle(file, ownsHandle: true);
        _ = Libc.Fchmod(file, 0b110_100_100);
        foreach (ReadOnlyMemory<byte> piece in text)
        {
            if (!WriteAll(file, piece.Span)) return Failed("cannot write", parent);
        }

        return null;
    }

    private static unsafe bool WriteAll(int file, ReadOnlySpan<byte> text)
    {
        fixed (byte* start = text)
        {
            nint done = 0;
            while (done < text.Length)
            {
                nint written = Libc.Write(file, start + done, text.Length - done);
                if (written > 0) done += written;
                else if (Marshal.GetLastPInvokeError() != Libc.ErrnoInterrupted) return false;
            }
        }

        return true;
    }

    private bool TryOpen([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SafeFileHandle? folder, out string? problem)
    {
        int descriptor = Libc.OpenAt(Libc.AtFdCwd, directory, Libc.OpenReadOnly | Libc.OpenDirectory | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0);
        problem = descriptor < 0 ? Failed("cannot be opened as a folder", removeFrom: -1) : null;
        folder = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        return folder is not null;
    }

    private string Failed(string what, int removeFrom)
    {
        int errno = Marshal.GetLastPInvokeError();
        if (removeFrom >= 0) _ = Libc.UnlinkAt(removeFrom, temporary, 0);
        return $"{directory}: {what}: {Errno.Text(errno)}";
    }
}
