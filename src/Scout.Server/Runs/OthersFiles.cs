using System.Buffers.Text;
using Scout.Checks.Probes;
using Scout.Server.Native;

namespace Scout.Server.Runs;

/// <summary>
/// Files for runs as another user, who must not get into the data directory. They lie below <c>/tmp</c>, in a folder of ours that everybody may pass and nobody list (0711), each
/// run's in one more with a name of 128 random bits: only who is told the path, in the environment of that run, can open them. Giving them to the user instead would take another
/// capability, and a folder that he could put links into.
/// </summary>
/// <param name="parent">Where the folder is made, at the first run that needs it and whenever somebody swept it away.</param>
/// <param name="note">File of ours with the path of the folder, so that the next life finds what this one left behind.</param>
internal sealed class OthersFiles(string parent, string note)
{
    /// <summary>Folder and file names as the system makes them.</summary>
    public const string Usual = "/tmp";

    private const string Prefix = "scout-runs-";

    private const UnixFileMode Pass = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly Lock gate = new();
    private string? folder;

    /// <summary>A folder for one run; whoever asked removes it.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public string Make()
    {
        lock (gate)
        {
            if (folder is null || !IsOurs(folder))
            {
                folder = New(Path.Combine(parent, Prefix + Random()));
                File.WriteAllText(note, folder);
            }

            return New(Path.Combine(folder, Random()));
        }
    }

    /// <summary>Removes what is there, ours or of an earlier life.</summary>
    public void Clean()
    {
        lock (gate)
        {
            try
            {
                string? left = folder ?? (File.Exists(note) ? File.ReadAllText(note).Trim() : null);
                folder = null;
                if (left is null) return;
                // What stands in the note is where we made it, and nobody else can write there: a link or a stranger's folder is left alone.
                if (Path.GetDirectoryName(left) == parent && Path.GetFileName(left).StartsWith(Prefix, StringComparison.Ordinal) && IsOurs(left)) Directory.Delete(left, recursive: true);
                File.Delete(note);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The next start tries again; the folder is worth nothing to anybody.
            }
        }
    }

    private static bool IsOurs(string path) => FileStatus.Look(path, follow: false, out FileStatus status) == 0 && status.IsDirectory && !status.IsLink && status.Uid == Libc.EffectiveUser() && !status.WritableByOthers;

    private static string New(string path)
    {
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!IsOurs(path)) throw new IOException($"{path} is somebody else's");
        // Whatever the umask of the service is.
        File.SetUnixFileMode(path, Pass);
        return path;
    }

    private static string Random()
    {
        Span<byte> bytes = stackalloc byte[16];
        SystemRandom.Instance.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }
}
