using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Scout.Protocol.Security.Signing;

/// <summary>What a caller signs (security.md 7): scheme, subject, time, nonce and the SHA-256 of the body in lower-case hexadecimal, joined by LF.</summary>
public static class SignedLines
{
    /// <summary>First line; another scheme has another word, so that no signature fits two.</summary>
    public const string Scheme = "scout-rpc-1";

    /// <summary>The bytes that are signed.</summary>
    /// <param name="subject">As the request is published: it binds target and action.</param>
    /// <param name="timeMs">Unix milliseconds.</param>
    /// <param name="nonce">Of <see cref="Nonce"/>.</param>
    /// <param name="body">The request as it travels.</param>
    public static byte[] Of(string subject, long timeMs, string nonce, ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Scheme}\n{subject}\n{timeMs}\n{nonce}\n{Convert.ToHexStringLower(hash)}"));
    }

    /// <summary>A nonce of 16 random bytes.</summary>
    public static string Nonce(ReadOnlySpan<byte> random) => random.Length == SigningLimits.NonceBytes
        ? Base64Url.EncodeToString(random)
        : throw new ArgumentException($"a nonce is made of {SigningLimits.NonceBytes} random bytes", nameof(random));

    /// <summary>The headers of a request.</summary>
    /// <param name="jwt">The caller's.</param>
    /// <param name="timeMs">As signed.</param>
    /// <param name="nonce">As signed.</param>
    /// <param name="signature">Over <see cref="Of"/>.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Headers(string jwt, long timeMs, string nonce, ReadOnlySpan<byte> signature) =>
    [
        new(SigningHeaders.Caller, jwt),
        new(SigningHeaders.Time, timeMs.ToString(CultureInfo.InvariantCulture)),
        new(SigningHeaders.Nonce, nonce),
        new(SigningHeaders.Signature, Base64Url.EncodeToString(signature)),
    ];
}
