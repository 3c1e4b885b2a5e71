using System.Diagnostics;

namespace Scout.Broker.Tests.Attached;

/// <summary>A Secret as the kubelet mounts it: a folder a version, a link to the present one, and a link for each file; a change swaps the one link.</summary>
internal sealed class MountedFolder(string path)
{
    private int version;

    public string Path { get; } = path;

    public string At(string file) => System.IO.Path.Combine(Path, file);

    public void Put(IReadOnlyDictionary<string, byte[]> files)
    {
        Directory.CreateDirectory(Path);
        string name = "..v" + ++version;
        string folder = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(folder);
        foreach ((string file, byte[] bytes) in files)
        {
            string at = System.IO.Path.Combine(folder, file);
            File.WriteAllBytes(at, bytes);
            // What a volume with defaultMode 0400 has before its fsGroup; root reads it, and so do tests that are not root.
            File.SetUnixFileMode(at, UnixFileMode.UserRead);
            string link = System.IO.Path.Combine(Path, file);
            if (new FileInfo(link).LinkTarget is null) File.CreateSymbolicLink(link, "..data/" + file);
        }

        string temporary = System.IO.Path.Combine(Path, "..data_tmp");
        File.CreateSymbolicLink(temporary, name);
        // The library does not rename a link to a folder.
        using Process move = Process.Start("mv", ["-T", temporary, System.IO.Path.Combine(Path, "..data")]);
        move.WaitForExit();
    }

    /// <summary>The data of a Secret in the YAML of 'scout broker secret', by its name.</summary>
    public static Dictionary<string, byte[]> Data(string yaml, string name) => yaml.Split("---\n").Single(one => one.Contains($"  name: {name}\n", StringComparison.Ordinal)).Split("\ndata:\n")[1]
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Trim().Split(": ")).ToDictionary(static pair => pair[0], static pair => Convert.FromBase64String(pair[1]), StringComparer.Ordinal);
}
