using Scout.Server.Native;

namespace Scout.Server.MachineDirectory;

/// <summary>Files and folders that somebody named, as if they were one machine directory.</summary>
/// <param name="paths">Absolute. A folder is read as a machine directory is, a file whatever it is called.</param>
/// <param name="trust">Who may have written them.</param>
internal sealed class ChosenFiles(IReadOnlyList<string> paths, FileTrust trust) : IMachineFolder
{
    private readonly MachineFolder any = new("/", trust);

    public FolderListing List()
    {
        var files = new SortedDictionary<string, FolderFile>(StringComparer.Ordinal);
        var blind = new List<KeyValuePair<string, string>>();
        foreach (string path in paths)
        {
            if (!Directory.Exists(path))
            {
                if (any.Find(path) is { } file) files[path] = file;
                continue;
            }

            FolderListing folder = new MachineFolder(path, trust).List();
            foreach (FolderFile file in folder.Files) files[file.Path] = file;
            blind.AddRange(folder.Blind);
        }

        return new FolderListing([.. files.Values], blind);
    }

    public byte[] Read(string path) => any.Read(path);

    public bool IsStill(FolderFile file) => any.IsStill(file);
}
