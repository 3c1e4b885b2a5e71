namespace Scout.Protocol.Security.Enrolment;

/// <summary>How a public key and a nonce look. Whether the key is one (checksum, prefix) is for those who have the cryptography.</summary>
public static class KeyText
{
    /// <summary>Characters of a public key.</summary>
    public const int Length = 56;

    /// <summary>Characters of a nonce: 128 random bits.</summary>
    public const int NonceLength = 22;

    /// <summary>Most characters of a signature of 64 bytes.</summary>
    public const int SignatureLength = 86;

    /// <summary><c>U</c> and 55 characters of base32: the key of a user, and so a token of a subject.</summary>
    public static bool IsUserKey(ReadOnlySpan<char> text)
    {
        if (text.Length != Length || text[0] != 'U') return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterUpper(c) && c is < '2' or > '7') return false;
        }

        return true;
    }

    /// <summary>22 characters of base64url.</summary>
    public static bool IsNonce(ReadOnlySpan<char> text) => text.Length == NonceLength && IsBase64Url(text);

    /// <summary>86 characters of base64url.</summary>
    public static bool IsSignature(ReadOnlySpan<char> text) => text.Length == SignatureLength && IsBase64Url(text);

    private static bool IsBase64Url(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
        }

        return true;
    }
}
