using System.Globalization;
using System.Runtime.InteropServices;

namespace Scout.Server.Native;

/// <summary>
/// Who may have written a file that tells this node what to do: definitions, facts, overrides. It and its folder must belong to root, to the server's user or to a trusted
/// owner, and nobody else may write them; their group neither when this server has privileges. The same measure as for plugins (plugins.md section 1).
/// </summary>
internal sealed partial class FileTrust
{
    private const uint GroupWrite = 0x10;
    private const int ReadOnlyFileSystem = 30;
    private const int WriteAccess = 2;

    private readonly HashSet<uint> owners;
    private readonly bool privileged;

    /// <param name="owners">Further trusted owners, by name or number; who does not exist is passed over.</param>
    public FileTrust(IEnumerable<string> owners)
        : this(owners, IsPrivileged())
    {
    }

    internal FileTrust(IEnumerable<string> owners, bool privileged)
    {
        this.privileged = privileged;
        this.owners = [0, Libc.EffectiveUser()];
        foreach (string owner in owners)
        {
            if (Accounts.TryUser(owner, out uint uid)) this.owners.Add(uid);
        }
    }

    /// <summary>Why the file is not to be believed; null when it is. Links have been followed: what counts is where they lead.</summary>
    public FileRefusal? Judge(string path, FileStatus status)
    {
        string folder = System.IO.Path.GetDirectoryName(path) ?? "/";
        return JudgeFile(path, status) ?? (FileStatus.Look(folder, follow: true, out FileStatus above) == 0 ? JudgeFolder(folder, above) : null);
    }

    /// <summary>The same without its folder.</summary>
    public FileRefusal? JudgeFile(string path, FileStatus status) =>
        !owners.Contains(status.Uid) ? Foreign(path, status) : IsWritable(path, status, out FileRefusal? refusal) ? refusal : null;

    /// <summary>The same of a folder: who can write it can put another file in the place of one. A sticky bit or a read-only mount excuse it.</summary>
    public FileRefusal? JudgeFolder(string folder, FileStatus status)
    {
        if (!owners.Contains(status.Uid)) return Foreign(folder, status);
        return !status.Sticky && IsWritable(folder, status, out FileRefusal? refusal) && !IsReadOnly(folder) ? refusal : null;
    }

    /// <summary>What others may write of a file and the folders that lead to it: the file, its folder, or that of the file it is a link to; null when nothing.</summary>
    public static string? WritableByOthers(string path)
    {
        if (FileStatus.Look(path, follow: true, out FileStatus status) == 0 && status.WritableByOthers) return path;
        string? target = FileStatus.Look(path, follow: false, out FileStatus own) == 0 && own.IsLink ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null;
        foreach (string? one in (string?[])[path, target])
        {
            if (System.IO.Path.GetDirectoryName(one) is { Length: > 0 } folder && FileStatus.Look(folder, follow: true, out FileStatus above) == 0
                && above.WritableByOthers && !above.Sticky && !IsReadOnly(folder)) return folder;
        }

        return null;
    }

    private static FileRefusal Foreign(string path, FileStatus status) =>
        new($"{path} belongs to {Accounts.UserName(status.Uid) ?? $"uid {status.Uid.ToString(CultureInfo.InvariantCulture)}"}", $"chown root {path}, or name the owner in 'plugin_owners'");

    private bool IsWritable(string path, FileStatus status, out FileRefusal? refusal)
    {
        refusal = status.WritableByOthers ? new FileRefusal($"{path} is writable by others", $"chmod o-w {path}")
            : privileged && (status.Mode & GroupWrite) != 0 ? new FileRefusal($"{path} is writable by its group, and this server has privileges", $"chmod g-w {path}")
            : null;
        return refusal is not null;
    }

    private static bool IsReadOnly(string folder) => Access(folder, WriteAccess) != 0 && Marshal.GetLastPInvokeError() == ReadOnlyFileSystem;

    private static bool IsPrivileged()
    {
        if (Libc.EffectiveUser() == 0) return true;
        try
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
            return line is not null && ulong.TryParse(line[7..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong effective) && effective != 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Access(string path, int mode);
}

/// <summary>Why a file is not believed.</summary>
/// <param name="Message">Which path and what is wrong with it.</param>
/// <param name="Hint">How to mend it.</param>
internal sealed record FileRefusal(string Message, string Hint);
