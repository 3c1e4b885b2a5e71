using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Scout.Broker.Files;

namespace Scout.Broker.Configuration;

/// <summary>The token that keeps other users of this machine out of a dev broker. Never logged, never in a message.</summary>
internal static class TokenFile
{
    private const int MaxLength = 512;
    private const UnixFileMode Foreign = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Reads the token, or makes one of 256 random bits when the file is missing.</summary>
    public static bool TryReadOrMake(string path, [NotNullWhen(true)] out string? token, [NotNullWhen(false)] out BrokerExit? error)
    {
        token = null;
        try
        {
            if (!File.Exists(path))
            {
                PrivateFile.Replace(path, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)) + "\n");
            }

            if ((File.GetUnixFileMode(path) & Foreign) != UnixFileMode.None)
            {
                error = BrokerExit.Usage($"--token-file: {path} can be read or written by others", $"chmod 600 {path}");
                return false;
            }

            string text = File.ReadAllText(path).Trim();
            bool good = text.Length is >= 16 and <= MaxLength && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
            error = good ? null : BrokerExit.Usage($"--token-file: {path} holds no token (16 to {MaxLength} of A-Z a-z 0-9 _ -)", "delete the file, then one is made");
            token = good ? text : null;
            return good;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error = BrokerExit.Usage($"--token-file: {path} cannot be used: {failure.Message}");
            return false;
        }
    }
}
