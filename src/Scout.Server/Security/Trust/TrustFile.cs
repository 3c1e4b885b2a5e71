using Microsoft.Win32.SafeHandles;
using Scout.Protocol.Security.Trust;
using Scout.Server.Configuration;
using Scout.Server.Native;

namespace Scout.Server.Security.Trust;

/// <summary>
/// Whom a node believes at a broker that is not ours (security.md 14): a trust document in a file of root or of the service's user. Nobody pins its key there, as a token
/// does; who may write the file decides, and after the first one the key and the serial are held as everywhere.
/// </summary>
internal sealed class TrustFile : ITrustSource
{
    private readonly string path;
    private volatile TrustDocument? current;

    private TrustFile(string path, TrustDocument? current)
    {
        this.path = path;
        this.current = current;
    }

    public TrustDocument? Current => current;

    /// <summary>Reads the file. A bad one is a finding, and nobody is believed.</summary>
    public static TrustFile Open(string path, List<SettingFinding> findings) => new(path, Read(path, null, findings));

    /// <summary>Looks again; a bad file, another key or a lower serial leave the last good one in force.</summary>
    public void Reload(List<SettingFinding> findings)
    {
        if (Read(path, current, findings) is { } read) current = read;
    }

    private static TrustDocument? Read(string path, TrustDocument? before, List<SettingFinding> findings)
    {
        try
        {
            int errno = FileStatus.Look(path, follow: false, out FileStatus there);
            if (errno != 0) return Refuse(path, "unreadable", $"the file cannot be read: {Errno.Text(errno)}", "'scout broker trust' makes it", findings);
            if (there.IsLink) return Refuse(path, "unsafe_permissions", "the file is a link", "put the file itself there", findings);
            using SafeFileHandle handle = File.OpenHandle(path);
            errno = FileStatus.Look($"/proc/self/fd/{handle.DangerousGetHandle()}", follow: true, out FileStatus status);
            if (errno != 0 || status.Inode != there.Inode || status.Device != there.Device) return Refuse(path, "unreadable", "the file changed while it was read", "", findings);
            if (!status.IsRegular || status.Size > TrustDocument.MaxBytes) return Refuse(path, "unreadable", "it is not a regular file of at most 64 KiB", "", findings);
            if (status.Uid != 0 && status.Uid != Libc.EffectiveUser()) return Refuse(path, "unsafe_permissions", $"the file belongs to {Accounts.UserName(status.Uid) ?? $"uid {status.Uid}"}", $"chown root {path}", findings);
            if ((status.Permissions & 0b000_010_010) != 0) return Refuse(path, "unsafe_permissions", "the file is writable by others", $"chmod go-w {path}", findings);
            byte[] content = new byte[(int)status.Size];
            int read = RandomAccess.Read(handle, content, 0);
            if (!TrustDocument.TryRead(content.AsSpan(0, read), out TrustDocument? document, out string? error)) return Refuse(path, "bad_value", error, "'scout broker trust' makes it", findings);
            return document.WhyRefused(before?.Key ?? document.Key, before, NKeys.Verify) is { } refused ? Refuse(path, "bad_value", refused, "", findings) : document;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Refuse(path, "unreadable", $"the file cannot be read: {failure.Message}", "", findings);
        }
    }

    private static TrustDocument? Refuse(string path, string kind, string message, string hint, List<SettingFinding> findings)
    {
        findings.Add(new SettingFinding(path, kind, message, hint));
        return null;
    }
}
