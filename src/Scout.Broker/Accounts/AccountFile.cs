using Scout.Broker.Files;
using Scout.Broker.Keys;

namespace Scout.Broker.Accounts;

/// <summary>A JWT in a file of its own: 0644, it holds no secret.</summary>
internal static class AccountFile
{
    /// <exception cref="BrokerKeyException">Missing or damaged.</exception>
    public static T Read<T>(string path)
        where T : NatsJwtClaims => Parse<T>(Text(path), path);

    /// <summary>The JWT itself.</summary>
    /// <exception cref="BrokerKeyException">Missing or too long.</exception>
    public static string Text(string path)
    {
        try
        {
            if (new FileInfo(path).Length > NatsJwt.MaxLength) throw new BrokerKeyException($"{path} is too long for a JWT", "put it back from the backup");
            return File.ReadAllText(path).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BrokerKeyException($"{path} cannot be read: {failure.Message}", "'scout broker init' makes it when the keys are there", failure);
        }
    }

    public static void Write(string path, string jwt) => PrivateFile.Replace(path, jwt + "\n", PrivateFile.Public);

    private static T Parse<T>(string text, string path)
        where T : NatsJwtClaims =>
        NatsJwt.TryRead(text, out T? claims, out string why) ? claims : throw new BrokerKeyException($"{path} cannot be used: {why}", "put it back from the backup");
}
