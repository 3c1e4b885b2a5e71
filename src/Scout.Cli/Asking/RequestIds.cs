using System.Security.Cryptography;

namespace Scout.Cli.Asking;

/// <summary>Ids of requests: nobody may guess them, for the same id from the same caller is answered from memory.</summary>
internal static class RequestIds
{
    public static string Next() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
