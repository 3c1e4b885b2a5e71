using Scout.Protocol.Security.Enrolment;
using Scout.Server.Identity;
using Scout.Server.Native;

namespace Scout.Server.Enrolment;

/// <summary>
/// Where a token comes from: what <c>SCOUT_ENROLL_TOKEN</c> held at start, or a file, which may come, change and go while the server runs. The text leaves this class as
/// <see cref="EnrolmentToken"/> alone.
/// </summary>
internal sealed class TokenSource(string? given, string file)
{
    private (ulong Inode, long Modified, long Size) seen;
    private string? text = given;

    /// <summary>How people call it.</summary>
    public string Name => text is null ? file : "SCOUT_ENROLL_TOKEN";

    /// <summary>Whether there is another file than at the last look; the first look is such a change when there is one.</summary>
    public bool Changed()
    {
        if (text is not null || file.Length == 0) return false;
        (ulong, long, long) now = FileStatus.Look(file, follow: true, out FileStatus status) == 0 ? (status.Inode, status.Modified, status.Size) : default;
        bool changed = now != seen;
        seen = now;
        return changed;
    }

    /// <summary>The token, or null with or without a problem.</summary>
    public EnrolmentToken? Read(out string? problem)
    {
        problem = null;
        string? found = text;
        if (found is null)
        {
            if (file.Length == 0) return null;
            int errno = FileStatus.Look(file, follow: true, out FileStatus status);
            if (errno == Libc.ErrnoNotFound) return null;
            problem = errno != 0 ? $"{file}: {Errno.Text(errno)}" : status.Size > EnrolmentToken.MaxLength + 64 ? $"{file} is too long for a token" : PrivateFiles.WhyUnsafe(file);
            if (problem is not null) return null;
            try
            {
                found = File.ReadAllText(file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                problem = $"{file}: {error.Message}";
                return null;
            }
        }

        if (EnrolmentToken.TryParse(found, out EnrolmentToken? token, out string? wrong)) return token;
        problem = $"{Name} holds no token: {wrong}";
        return null;
    }

    /// <summary>The node is enrolled: the token is worth nothing any more, and goes. Null when it is gone; else why not.</summary>
    public string? Forget()
    {
        text = null;
        if (file.Length == 0 || !File.Exists(file)) return null;
        try
        {
            File.Delete(file);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{file} cannot be deleted ({error.Message}): delete it by hand";
        }
    }
}
