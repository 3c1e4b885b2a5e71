using System.Text;
using Scout.Server.MachineDirectory;
using Scout.Server.Native;

namespace Scout.Server.Tests.MachineDirectory;

/// <summary>A machine directory in memory, with faults on demand.</summary>
internal sealed class FakeFolder : IMachineFolder
{
    private readonly SortedDictionary<string, (FolderFile File, string Text)> files = new(StringComparer.Ordinal);
    private string? hidden;
    private long clock;

    /// <summary>When the last change was, as the files have it.</summary>
    public long Now => clock;

    public int Listings { get; private set; }

    public void Write(string path, string text) => files[path] = (new FolderFile(path, text.Length, ++clock, 1, null, null), text);

    /// <summary>Other content, same size, time and inode.</summary>
    public void WriteQuietly(string path, string text) => files[path] = (files[path].File, text);

    public void Set(string path, string? problem = null, FileRefusal? refusal = null) =>
        files[path] = (files[path].File with { Problem = problem, Refusal = refusal, Modified = ++clock }, files[path].Text);

    public void Delete(string path) => files.Remove(path);

    public void Hide(string folder) => hidden = folder;

    public void Show() => hidden = null;

    /// <summary>Thrown by the next look, once.</summary>
    public Exception? ListFault { get; set; }

    /// <summary>Thrown by the next reading of a file, once.</summary>
    public Exception? ReadFault { get; set; }

    public FolderListing List()
    {
        Listings++;
        Throw(ListFault, () => ListFault = null);
        if (hidden is null) return new FolderListing([.. files.Values.Select(one => one.File)], []);
        return new FolderListing([.. files.Values.Select(one => one.File).Where(one => !one.Path.StartsWith(hidden + "/", StringComparison.Ordinal))], [new(hidden, "Input/output error")]);
    }

    public byte[] Read(string path)
    {
        Throw(ReadFault, () => ReadFault = null);
        return Encoding.UTF8.GetBytes(files[path].Text);
    }

    public bool IsStill(FolderFile file)
    {
        Looked?.Invoke(file.Path);
        return files.TryGetValue(file.Path, out var now) && now.File == file;
    }

    /// <summary>Called after a file was read and before it is looked at again.</summary>
    public Action<string>? Looked { get; set; }

    private static void Throw(Exception? fault, Action forget)
    {
        if (fault is null) return;
        forget();
        throw fault;
    }
}
