using Scout.Server.Native;

namespace Scout.Server.MachineDirectory;

/// <summary>The machine directory as the reader sees it. A seam: tests put faults in here. Blocks; never on the loop.</summary>
internal interface IMachineFolder
{
    /// <summary>All definition files now.</summary>
    FolderListing List();

    /// <summary>The whole file, at most a little over 1 MiB of it; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    byte[] Read(string path);

    /// <summary>Whether a file still looks as it was listed.</summary>
    bool IsStill(FolderFile file);
}

/// <summary>What a look at the folder found.</summary>
/// <param name="Files">By absolute path.</param>
/// <param name="Blind">Folders that cannot be read, with the reason: what is known below them stays as it was.</param>
internal sealed record FolderListing(IReadOnlyList<FolderFile> Files, IReadOnlyList<KeyValuePair<string, string>> Blind);

/// <summary>One definition file.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Problem">It is there and cannot be looked at: the reason; else null.</param>
/// <param name="Refusal">Why it is not believed: whose it or its folder is, who may write them; else null.</param>
internal readonly record struct FolderFile(string Path, long Size, long Modified, ulong Inode, string? Problem = null, FileRefusal? Refusal = null)
{
    public bool LooksLike(FolderFile other) => this == other;
}
