namespace Scout.Nats;

/// <summary>Public NKeys: 56 characters of base32 over a prefix byte, the 32 bytes of the key and a CRC-16.</summary>
public static class NKeys
{
    /// <summary>Characters of a public key.</summary>
    public const int PublicKeyLength = 56;

    /// <summary>Reads a public key. False when alphabet, length, checksum or prefix are wrong.</summary>
    /// <param name="text">56 characters.</param>
    /// <param name="type">What it stands for.</param>
    /// <param name="key">Takes the 32 bytes.</param>
    public static bool TryDecodePublicKey(string? text, out NKeyType type, Span<byte> key)
    {
        type = default;
        if (text is not { Length: PublicKeyLength } || key.Length < Ed25519.PublicKeySize) return false;
        Span<byte> raw = stackalloc byte[NKeyText.PublicKeySize];
        if (!NKeyText.TryDecode(text, raw) || !NKeyText.IsType(raw[0])) return false;
        type = (NKeyType)raw[0];
        raw.Slice(1, Ed25519.PublicKeySize).CopyTo(key);
        return true;
    }

    /// <summary>Whether this is a public key of that type.</summary>
    public static bool IsPublicKey(string? text, NKeyType type)
    {
        Span<byte> key = stackalloc byte[Ed25519.PublicKeySize];
        return TryDecodePublicKey(text, out NKeyType found, key) && found == type;
    }

    /// <summary>The text of a public key of 32 bytes.</summary>
    public static string EncodePublicKey(NKeyType type, ReadOnlySpan<byte> key)
    {
        if (key.Length != Ed25519.PublicKeySize) throw new ArgumentException("A public key has 32 bytes.", nameof(key));
        Span<byte> raw = stackalloc byte[NKeyText.PublicKeySize];
        raw[0] = (byte)type;
        key.CopyTo(raw[1..]);
        return NKeyText.Encode(raw);
    }

    /// <summary>Whether the signature (64 bytes) of the message was made with the seed of this public key. What is not a key or not a signature is simply false.</summary>
    public static bool Verify(string? publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> key = stackalloc byte[Ed25519.PublicKeySize];
        return TryDecodePublicKey(publicKey, out _, key) && Ed25519.Default.Verify(key, message, signature);
    }
}
