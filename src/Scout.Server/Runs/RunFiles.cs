using System.Text;

namespace Scout.Server.Runs;

/// <summary>The two files an <c>exec</c> run may read: the machine's data and the node's facts. Mode 0600, gone after the run.</summary>
internal sealed class RunFiles : IDisposable
{
    private RunFiles(string data, string facts)
    {
        Data = data;
        Facts = facts;
    }

    public string Data { get; }

    public string Facts { get; }

    /// <summary>Writes both; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when it cannot.</summary>
    public static RunFiles Write(string folder, long run, string data, string facts)
    {
        var files = new RunFiles(Path.Combine(folder, $"{run}.data.json"), Path.Combine(folder, $"{run}.facts.json"));
        try
        {
            WriteNew(files.Data, data);
            WriteNew(files.Facts, facts);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Makes the folder, or empties what an earlier life left in it.</summary>
    public static void Prepare(string folder)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string left in Directory.EnumerateFiles(folder)) File.Delete(left);
    }

    public void Dispose()
    {
        TryDelete(Data);
        TryDelete(Facts);
    }

    private static void WriteNew(string path, string text)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The folder is emptied at the next start.
        }
    }
}
