using Scout.Machines.Definitions;
using Scout.Server.Native;

namespace Scout.Server.MachineDirectory;

/// <summary>The real folder: <c>*.yaml</c> in it and <c>machine.yaml</c> one level below; links are followed (machines.md 4.1).</summary>
/// <param name="root">Absolute.</param>
/// <param name="trust">Who may have written what lies in it.</param>
internal sealed class MachineFolder(string root, FileTrust trust) : IMachineFolder
{
    private const int MostBytes = (1 << 20) + 1;

    public FolderListing List()
    {
        var files = new List<FolderFile>();
        var blind = new List<KeyValuePair<string, string>>();
        try
        {
            FileRefusal? refusal = Folder(root);
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
                    files.Add(File(path, errno, status, refusal));
                }
                else if (definition && FileStatus.Look(path, follow: false, out _) == 0)
                {
                    files.Add(File(path, errno, status, refusal));
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

    /// <summary>One file by its path, wherever it lies and whatever it is called; null when it is not there.</summary>
    public FolderFile? Find(string path)
    {
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        if (errno == Libc.ErrnoNotFound && FileStatus.Look(path, follow: false, out _) != 0) return null;
        return File(path, errno, status, Folder(Path.GetDirectoryName(path) ?? "/"));
    }

    public byte[] Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        long length = Math.Min(stream.Length, MostBytes);
        byte[] bytes = new byte[length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    public bool IsStill(FolderFile file) => FileStatus.Look(file.Path, follow: true, out FileStatus status) == 0
        ? (status.Size, status.Modified, status.Inode) == (file.Size, file.Modified, file.Inode)
        : file.Problem is not null;

    private void Below(string folder, List<FolderFile> files, List<KeyValuePair<string, string>> blind)
    {
        string path = Path.Combine(folder, "machine.yaml");
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        if (errno == Libc.ErrnoNotFound && FileStatus.Look(path, follow: false, out _) != 0) return;
        if (errno == Libc.ErrnoAccess) blind.Add(new(folder, Errno.Text(errno)));
        else files.Add(File(path, errno, status, Folder(folder)));
    }

    private FolderFile File(string path, int errno, FileStatus status, FileRefusal? folder)
    {
        if (errno != 0) return new FolderFile(path, 0, 0, 0, Errno.Text(errno));
        if (!status.IsRegular) return new FolderFile(path, 0, 0, status.Inode, "it is not a regular file");
        return new FolderFile(path, status.Size, status.Modified, status.Inode, null, folder ?? trust.JudgeFile(path, status) ?? Target(path));
    }

    // A link is as good as the folder that it leads to, too.
    private FileRefusal? Target(string path)
    {
        if (FileStatus.Look(path, follow: false, out FileStatus own) != 0 || !own.IsLink) return null;
        return System.IO.File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target && Path.GetDirectoryName(target.FullName) is { } folder ? Folder(folder) : null;
    }

    private FileRefusal? Folder(string folder) => FileStatus.Look(folder, follow: true, out FileStatus status) == 0 ? trust.JudgeFolder(folder, status) : null;
}
