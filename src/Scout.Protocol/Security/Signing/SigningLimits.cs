namespace Scout.Protocol.Security.Signing;

/// <summary>Bounds of signed requests (security.md 7).</summary>
public static class SigningLimits
{
    /// <summary>Bytes of a body.</summary>
    public const int MaxBody = 64 * 1024;

    /// <summary>Characters of the caller's JWT.</summary>
    public const int MaxJwt = 3 * 1024;

    /// <summary>Characters of a nonce: 128 random bits in base64url.</summary>
    public const int NonceLength = 22;

    /// <summary>Bytes of a nonce before they become text.</summary>
    public const int NonceBytes = 16;

    /// <summary>Bytes of an Ed25519 signature.</summary>
    public const int SignatureBytes = 64;

    /// <summary>Requests a second whose caller is not proved yet: each costs two verifications.</summary>
    public const int UnprovenPerSecond = 50;

    /// <summary>JWTs that were proved and need no second look at their own signature.</summary>
    public const int ProvenJwts = 256;

    /// <summary>How far the clocks of caller and node may be apart.</summary>
    public static TimeSpan Skew { get; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a nonce is known: longer than a request can be fresh on both sides of <see cref="Skew"/>.</summary>
    public static TimeSpan NonceMemory { get; } = TimeSpan.FromMinutes(3);
}
