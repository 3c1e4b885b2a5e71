namespace Scout.Protocol.Security.Enrolment;

/// <summary>How a signature looks in these documents.</summary>
public static class KeyText
{
    /// <summary>Characters of a public key.</summary>
    public const int Length = 56;

    /// <summary>Characters of a signature of 64 bytes.</summary>
    public const int SignatureLength = 86;

    /// <summary>86 characters of base64url.</summary>
    public static bool IsSignature(ReadOnlySpan<char> text)
    {
        if (text.Length != SignatureLength) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
        }

        return true;
    }
}
