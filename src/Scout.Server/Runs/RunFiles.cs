using System.Text;

namespace Scout.Server.Runs;

/// <summary>The two files an <c>exec</c> run may read: the machine's data and the node's facts. Gone after the run.</summary>
internal sealed class RunFiles : IDisposable
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly string? folder;

    private RunFiles(string data, string facts, string? folder)
    {
        Data = data;
        Facts = facts;
        this.folder = folder;
    }

    public string Data { get; }

    public string Facts { get; }

    /// <summary>Writes both, mode 0600; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when it cannot.</summary>
    public static RunFiles Write(string within, long run, string data, string facts) =>
        Write(new RunFiles(Path.Combine(within, $"{run}.data.json"), Path.Combine(within, $"{run}.facts.json"), null), data, facts, Own);

    /// <summary>The same for a run as another user, in a folder of their own that goes with them.</summary>
    public static RunFiles WriteFor(OthersFiles others, string data, string facts)
    {
        string own = others.Make();
        return Write(new RunFiles(Path.Combine(own, "data.json"), Path.Combine(own, "facts.json"), own), data, facts, Readable);
    }

    private static RunFiles Write(RunFiles files, string data, string facts, UnixFileMode mode)
    {
        try
        {
            WriteNew(files.Data, data, mode);
            WriteNew(files.Facts, facts, mode);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Makes the folder, or empties what an earlier life left in it.</summary>
    public static void Prepare(string within)
    {
        Directory.CreateDirectory(within, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string left in Directory.EnumerateFiles(within)) File.Delete(left);
    }

    public void Dispose()
    {
        TryDelete(Data);
        TryDelete(Facts);
        try
        {
            if (folder is not null) Directory.Delete(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It goes with the folder around it.
        }
    }

    private static void WriteNew(string path, string text, UnixFileMode mode)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = Own,
        });
        stream.Write(Encoding.UTF8.GetBytes(text));
        if (mode != Own) File.SetUnixFileMode(stream.SafeFileHandle, mode);
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
