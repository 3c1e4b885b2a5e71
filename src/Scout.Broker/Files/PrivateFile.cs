using System.Text;
using Scout.Broker.Supervision;

namespace Scout.Broker.Files;

/// <summary>
/// Files that are there whole or not at all, also after a power cut: temporary file, fsync, rename, fsync of the folder (security.md 3).
/// </summary>
internal static class PrivateFile
{
    public const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public const UnixFileMode Public = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Foreign =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode ForeignWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Takes the place of what is there.</summary>
    public static void Replace(string path, string text, UnixFileMode mode = Secret) => Write(path, text, mode, overwrite: true);

    /// <summary>Never takes the place of anything: throws <see cref="IOException"/> when there is a file.</summary>
    public static void Create(string path, string text, UnixFileMode mode = Secret) => Write(path, text, mode, overwrite: false);

    /// <summary>Puts the text of one private file in the place of another.</summary>
    public static void Copy(string from, string to) => Replace(to, File.ReadAllText(from));

    /// <summary>Makes a folder for us alone, or sees that the one that is there is for us alone. Null when good.</summary>
    public static string? WhyUnsafeFolder(string path)
    {
        var info = new DirectoryInfo(path);
        if (!info.Exists) return $"there is no folder {path}";
        if (info.LinkTarget is not null) return $"{path} is a link";
        if (Native.OwnerOf(path) is { } owner && owner != Native.GetEffectiveUserId()) return $"{path} belongs to another user (uid {owner})";
        return (info.UnixFileMode & ForeignWrite) != UnixFileMode.None ? $"{path} may be written by others" : null;
    }

    /// <summary>Null when nobody but us and root can read or write it; else why not, as a sentence without its end.</summary>
    public static string? WhyNotSecret(string path)
    {
        var info = new FileInfo(path);
        if (MountedFile.WhyNotSecret(path, out bool mounted) is var why && mounted) return why;
        if (info.LinkTarget is not null) return $"{path} is a link";
        if (Native.OwnerOf(path) is { } owner && owner != Native.GetEffectiveUserId() && owner != 0) return $"{path} belongs to another user (uid {owner})";
        return (info.UnixFileMode & Foreign) != UnixFileMode.None ? $"{path} can be read or written by others; chmod 600 {path}" : null;
    }

    private static void Write(string path, string text, UnixFileMode mode, bool overwrite)
    {
        string temporary = path + ".tmp";
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Secret }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        // The umask took from a wider mode what the creation asked for.
        if (mode != Secret) File.SetUnixFileMode(temporary, mode);
        File.Move(temporary, path, overwrite);
        Native.SyncFolder(Path.GetDirectoryName(path)!);
    }
}
