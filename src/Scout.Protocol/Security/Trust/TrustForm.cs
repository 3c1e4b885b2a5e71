using System.Buffers;
using System.Buffers.Text;

namespace Scout.Protocol.Security.Trust;

/// <summary>Forms of the values in a trust document. Only the form: whether a key is one, its checksum says, and that is the floor above's.</summary>
public static class TrustForm
{
    private const int KeyLength = 56;
    private const int SignatureLength = 64;
    private static readonly SearchValues<char> Base32 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");

    /// <summary>56 characters of base32, the first of them telling the kind: <c>A</c> account or role, <c>U</c> user, <c>N</c> trust key.</summary>
    public static bool IsPublicKey(string? text, char kind) =>
        text is { Length: KeyLength } && text[0] == kind && text.AsSpan().IndexOfAnyExcept(Base32) < 0;

    /// <summary><c>^[a-z][a-z-]{0,31}$</c>.</summary>
    public static bool IsRole(string? name) =>
        name is { Length: > 0 and <= 32 } && char.IsAsciiLetterLower(name[0]) && name.All(static c => char.IsAsciiLetterLower(c) || c == '-');

    public static string EncodeSignature(ReadOnlySpan<byte> signature) => Base64Url.EncodeToString(signature);

    /// <summary>Exactly 64 bytes in base64url without padding.</summary>
    public static bool TryDecodeSignature(string? text, Span<byte> signature) =>
        text is { Length: 86 } && Base64Url.DecodeFromChars(text, signature, out _, out int count) == OperationStatus.Done && count == SignatureLength;
}
