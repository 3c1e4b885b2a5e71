using Scout.Server.Native;

namespace Scout.Server.Connection;

/// <summary>The shared token of a dev broker.</summary>
internal static class TokenFile
{
    /// <summary>The token.</summary>
    /// <exception cref="Life.LifeException">The file is not there, or open to others: exit code 2.</exception>
    public static string Read(string path)
    {
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        if (errno != 0) throw new Life.LifeException(2, $"token file {path}: {Errno.Text(errno)}", "it is made by 'scout broker run --dev --token-file FILE'");
        if ((status.Permissions & 0b111) != 0) throw new Life.LifeException(2, $"token file {path} can be read by others", $"chmod 0600 {path}");
        try
        {
            string token = File.ReadAllText(path).Trim();
            return token.Length is > 0 and <= 512 ? token : throw new Life.LifeException(2, $"token file {path} holds no token");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new Life.LifeException(2, $"token file {path}: {error.Message}");
        }
    }
}
