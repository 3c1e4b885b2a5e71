namespace Scout.Nats;

/// <summary>Ed25519 (RFC 8032, section 5.1), which the class library does not have. Implementations may be called from any thread.</summary>
public interface IEd25519
{
    /// <summary>Computes the public key (32 bytes) that belongs to a seed (32 bytes).</summary>
    void GetPublicKey(ReadOnlySpan<byte> seed, Span<byte> publicKey);

    /// <summary>Signs a message with a seed (32 bytes); the signature has 64 bytes.</summary>
    void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature);

    /// <summary>Whether the signature (64 bytes) of the message was made with the seed of this public key (32 bytes). Wrong lengths are simply false.</summary>
    bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}

/// <summary>Where Ed25519 comes from.</summary>
public static class Ed25519
{
    /// <summary>Bytes of a seed.</summary>
    public const int SeedSize = 32;

    /// <summary>Bytes of a public key.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = 64;

    /// <summary>OpenSSL's <c>libcrypto.so.3</c>, which is loaded with the first call and not before.</summary>
    public static IEd25519 Default { get; } = new OpenSslEd25519();
}
