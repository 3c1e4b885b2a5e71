using Microsoft.Win32.SafeHandles;
using Scout.Server.Configuration;
using Scout.Server.Native;

namespace Scout.Server.Security.Policy;

/// <summary>Reads <c>policy.yaml</c> from the disk: a regular file and no link, of root or the service's user, and writable by nobody else (security.md 8).</summary>
internal static class PolicyFile
{
    public const string DefaultPath = "/etc/scout/policy.yaml";

    /// <summary>The rules, or null with findings.</summary>
    public static PolicyRules? Read(string path, List<SettingFinding> findings)
    {
        try
        {
            int errno = FileStatus.Look(path, follow: false, out FileStatus there);
            if (errno == 0 && there.IsLink) return Refuse(path, "unsafe_permissions", "the file is a link", "put the file itself there", findings);
            if (errno != 0) return Refuse(path, "unreadable", $"the file cannot be read: {Errno.Text(errno)}", errno == Libc.ErrnoNotFound ? "restart the node to go on with the built-in rules" : "", findings);
            using SafeFileHandle handle = File.OpenHandle(path);
            // What was opened is what is judged: between two looks at a name another file may have taken it.
            errno = FileStatus.Look($"/proc/self/fd/{handle.DangerousGetHandle()}", follow: true, out FileStatus status);
            if (errno != 0 || status.Inode != there.Inode || status.Device != there.Device) return Refuse(path, "unreadable", "the file changed while it was read", "", findings);
            uint user = Libc.EffectiveUser();
            if (!status.IsRegular) return Refuse(path, "unreadable", "it is not a regular file", "", findings);
            if (status.Uid != 0 && status.Uid != user) return Refuse(path, "unsafe_permissions", $"the file belongs to {Accounts.UserName(status.Uid) ?? $"uid {status.Uid}"}", $"chown root {path}", findings);
            if ((status.Permissions & 0b000_010_010) != 0) return Refuse(path, "unsafe_permissions", "the file is writable by others", $"chmod go-w {path}", findings);
            if (status.Size > PolicyReader.MaxBytes) return Refuse(path, "out_of_range", $"the file has {status.Size} bytes", $"at most {PolicyReader.MaxBytes}", findings);
            byte[] content = new byte[(int)status.Size];
            int read = RandomAccess.Read(handle, content, 0);
            return PolicyReader.Read(path, content.AsMemory(0, read), findings);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Refuse(path, "unreadable", $"the file cannot be read: {error.Message}", "", findings);
        }
    }

    private static PolicyRules? Refuse(string path, string kind, string message, string hint, List<SettingFinding> findings)
    {
        findings.Add(new SettingFinding(path, kind, message, hint));
        return null;
    }
}
