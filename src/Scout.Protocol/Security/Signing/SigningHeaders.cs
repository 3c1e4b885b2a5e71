namespace Scout.Protocol.Security.Signing;

/// <summary>Headers of a signed request (security.md 7). Each stands there exactly once.</summary>
public static class SigningHeaders
{
    /// <summary>The caller's user JWT; in dev mode the name of the user.</summary>
    public const string Caller = "Scout-Caller";

    /// <summary>Unix time in milliseconds.</summary>
    public const string Time = "Scout-Time";

    /// <summary>22 characters of base64url, new for every transmission.</summary>
    public const string Nonce = "Scout-Nonce";

    /// <summary>Ed25519 signature over <see cref="SignedLines"/>, base64url.</summary>
    public const string Signature = "Scout-Sig";

    /// <summary>What servers put into headers begins so; a request with such a header was steered here (security.md 6, trap 3).</summary>
    public const string ServerPrefix = "Nats-";

    /// <summary>The one header of servers that a request may carry: an account import adds it.</summary>
    public const string RequestInfo = "Nats-Request-Info";

    /// <summary>True for a header that says somebody else's message was steered onto this subject.</summary>
    public static bool IsSteered(string name) =>
        name.StartsWith(ServerPrefix, StringComparison.OrdinalIgnoreCase) && !name.Equals(RequestInfo, StringComparison.OrdinalIgnoreCase);
}
