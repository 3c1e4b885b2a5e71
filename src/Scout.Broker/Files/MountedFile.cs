using Scout.Broker.Supervision;

namespace Scout.Broker.Files;

/// <summary>
/// A private file of a Secret as the kubelet mounts it: <c>NAME</c> is a link to <c>..data/NAME</c>, <c>..data</c> a link to the folder of one version; files are root's, or ours, with the
/// mode of the volume, to which <c>fsGroup</c> adds the right to read for its group (0400 becomes 0440).
/// </summary>
internal static class MountedFile
{
    /// <summary>Name of the link that is swapped when a Secret changes.</summary>
    public const string Version = "..data";

    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    private const UnixFileMode GroupChange = UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    /// <summary>
    /// Null when nobody but root, us and a group of ours can read it, and nobody but root and us can change it. Read-only is good; readable for the group is good only
    /// when the file is root's, so that it was the volume's fsGroup that allowed it.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="mounted">False: it is no file of a mounted Secret, and judged by the rules for others.</param>
    public static string? WhyNotSecret(string path, out bool mounted)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        // The folder may be a link to the mount itself, and the file one to a file in it.
        if (new FileInfo(path) is { LinkTarget: { } target } && Path.IsPathRooted(target)) folder = Path.GetDirectoryName(target)!;
        else if (Directory.ResolveLinkTarget(folder, returnFinalTarget: true) is { } real) folder = real.FullName;
        var version = new DirectoryInfo(Path.Combine(folder, Version));
        mounted = version.LinkTarget is not null;
        if (!mounted) return null;
        if (File.ResolveLinkTarget(Path.Combine(version.FullName, Path.GetFileName(path)), returnFinalTarget: true) is not null) return $"{path} is a link out of the mounted Secret";
        string file = Path.Combine(folder, version.LinkTarget!, Path.GetFileName(path));
        uint self = Native.GetEffectiveUserId();
        if (Native.OwnerOf(file) is not { } owner) return $"{path} is not there";
        if (owner != 0 && owner != self) return $"{path} belongs to another user (uid {owner})";
        UnixFileMode mode = new FileInfo(file).UnixFileMode;
        if ((mode & (Others | GroupChange)) != UnixFileMode.None) return $"{path} can be read or written by others; set defaultMode 0400 on the volume of the Secret";
        return (mode & UnixFileMode.GroupRead) != UnixFileMode.None && owner != 0 ? $"{path} can be read by its group, and is not root's; set defaultMode 0400 on the volume of the Secret" : null;
    }
}
