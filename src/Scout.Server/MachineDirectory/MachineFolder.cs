using System.Runtime.InteropServices;
using Scout.Machines.Definitions;
using Scout.Server.Native;

namespace Scout.Server.MachineDirectory;

/// <summary>The real folder: <c>*.yaml</c> in it and <c>machine.yaml</c> one level below; links are followed (machines.md 4.1).</summary>
internal sealed partial class MachineFolder(string root) : IMachineFolder
{
    private const int MostBytes = (1 << 20) + 1;
    private const int ReadOnlyFileSystem = 30;
    private const int WriteAccess = 2;

    public FolderListing List()
    {
        var files = new List<FolderFile>();
        var blind = new List<KeyValuePair<string, string>>();
        try
        {
            string? folderProblem = WritableFolder(root);
            foreach (string path in Directory.EnumerateFileSystemEntries(root))
            {
                string name = Path.GetFileName(path);
                bool definition = DefinitionPaths.IsDefinition(name);
                if (!definition && !DefinitionPaths.IsFolder(name)) continue;
                int errno = FileStatus.Look(path, follow: true, out FileStatus status);
                if (errno == 0 && status.IsDirectory)
                {
                    Below(path, files, blind);
                }
                else if (definition && errno != Libc.ErrnoNotFound)
                {
                    files.Add(File(path, errno, status, folderProblem));
                }
                else if (definition && FileStatus.Look(path, follow: false, out _) == 0)
                {
                    files.Add(File(path, errno, status, folderProblem));
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            blind.Add(new(root, error.Message));
        }

        files.Sort(static (one, other) => string.CompareOrdinal(one.Path, other.Path));
        return new FolderListing(files, blind);
    }

    public byte[] Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        long length = Math.Min(stream.Length, MostBytes);
        byte[] bytes = new byte[length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    private static void Below(string folder, List<FolderFile> files, List<KeyValuePair<string, string>> blind)
    {
        string path = Path.Combine(folder, "machine.yaml");
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        if (errno == Libc.ErrnoNotFound && FileStatus.Look(path, follow: false, out _) != 0) return;
        if (errno == Libc.ErrnoAccess) blind.Add(new(folder, Errno.Text(errno)));
        else files.Add(File(path, errno, status, WritableFolder(folder)));
    }

    private static FolderFile File(string path, int errno, FileStatus status, string? folderProblem)
    {
        if (errno != 0) return new FolderFile(path, 0, 0, 0, Errno.Text(errno), null);
        if (!status.IsRegular) return new FolderFile(path, 0, 0, status.Inode, "it is not a regular file", null);
        return new FolderFile(path, status.Size, status.Modified, status.Inode, null, status.WritableByOthers ? path : folderProblem);
    }

    // Who can write the folder can put another file in the place of this one; a sticky bit or a read-only mount excuse it.
    private static string? WritableFolder(string folder)
    {
        if (FileStatus.Look(folder, follow: true, out FileStatus status) != 0 || !status.WritableByOthers || status.Sticky) return null;
        return Access(folder, WriteAccess) != 0 && Marshal.GetLastPInvokeError() == ReadOnlyFileSystem ? null : folder;
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Access(string path, int mode);
}
