using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Scout.Nats;

/// <summary>Writes and reads NATS JWTs, version 2: three parts in base64url, the third an Ed25519 signature over the two before it.</summary>
public static class NatsJwt
{
    /// <summary>Longer texts are not read. An account with 10,000 revocations has about 0.9 MB.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    // {"typ":"JWT","alg":"ed25519-nkey"}: the one header there is. Another algorithm, or none, is another text.
    private const string Header = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ";

    /// <summary>Makes a JWT.</summary>
    /// <param name="claims">What it says; issuer, time and id come from the other parameters.</param>
    /// <param name="issuer">Signs: an account for users, an operator for accounts and operators.</param>
    /// <param name="issuedAt">Cut to the second.</param>
    /// <param name="id">Any unique text (<c>jti</c>).</param>
    /// <exception cref="ArgumentException">The issuer may not sign this type, or <see cref="NatsJwtClaims.Subject"/> is not a key of it.</exception>
    public static string Encode(NatsJwtClaims claims, NKeyPair issuer, DateTimeOffset issuedAt, string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (!MaySign(issuer.Type, claims.Type)) throw new ArgumentException($"A key of type {issuer.Type} cannot sign a JWT of type {claims.Type}.", nameof(issuer));
        if (!NKeys.IsPublicKey(claims.Subject, claims.Type)) throw new ArgumentException($"The subject is not a public key of type {claims.Type}.", nameof(claims));
        byte[] json = NatsJwtWriter.Write(claims with { Issuer = issuer.PublicKey, IssuedAt = issuedAt, Id = id });
        string signed = $"{Header}.{Base64Url.EncodeToString(json)}";
        return $"{signed}.{Base64Url.EncodeToString(issuer.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>
    /// Reads a JWT and proves its signature by the key it names as its issuer. Whether that key is one to trust, whether the JWT has expired or was
    /// revoked, is for the caller to say.
    /// </summary>
    /// <param name="text">The three parts.</param>
    /// <param name="claims">What it says.</param>
    /// <param name="why">Why it is not one, for people.</param>
    public static bool TryRead(string? text, [NotNullWhen(true)] out NatsJwtClaims? claims, out string why)
    {
        claims = null;
        why = "";
        if (text is null || text.Length > MaxLength) return No("it is missing or too long", out why);
        int first = text.IndexOf('.');
        int second = first < 0 ? -1 : text.IndexOf('.', first + 1);
        if (second < 0) return No("it does not have three parts", out why);
        if (!text.AsSpan(0, first).SequenceEqual(Header)) return No("its header is not that of a NATS JWT of version 2", out why);
        if (!TryDecode(text.AsSpan(first + 1, second - first - 1), out byte[] json)) return No("its claims are not base64url", out why);
        if (!TryDecode(text.AsSpan(second + 1), out byte[] signature) || signature.Length != Ed25519.SignatureSize) return No("its signature is not one", out why);
        if (!NatsJwtReader.TryRead(json, out NatsJwtClaims? read, out why)) return false;
        if (!NKeys.IsPublicKey(read.Subject, read.Type)) return No($"its sub is not a key of type {read.Type}", out why);
        Span<byte> key = stackalloc byte[Ed25519.PublicKeySize];
        if (!NKeys.TryDecodePublicKey(read.Issuer, out NKeyType issuer, key)) return No("its iss is not a key", out why);
        if (!MaySign(issuer, read.Type)) return No($"a key of type {issuer} cannot issue one of type {read.Type}", out why);
        if (!VerifyText(key, text.AsSpan(0, second), signature)) return No("its signature is not by the key it names", out why);
        claims = read;
        return true;
    }

    /// <summary>Reads a JWT of one type.</summary>
    /// <inheritdoc cref="TryRead(string?, out NatsJwtClaims?, out string)"/>
    public static bool TryRead<T>(string? text, [NotNullWhen(true)] out T? claims, out string why)
        where T : NatsJwtClaims
    {
        claims = null;
        if (!TryRead(text, out NatsJwtClaims? any, out why)) return false;
        claims = any as T;
        return claims is not null || No($"it is one of type {any.Type}", out why);
    }

    private static bool MaySign(NKeyType issuer, NKeyType type) => type switch
    {
        NKeyType.User => issuer == NKeyType.Account,
        NKeyType.Account => issuer is NKeyType.Operator or NKeyType.Account,
        NKeyType.Operator => issuer == NKeyType.Operator,
        _ => false,
    };

    private static bool No(string reason, out string why)
    {
        why = reason;
        return false;
    }

    // Only the alphabet of base64url, without padding or white space, and only the one way of writing the last character.
    private static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.IsEmpty || text.IndexOfAnyExcept(Alphabet) >= 0) return false;
        byte[] decoded = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, decoded, out int consumed, out int written) != OperationStatus.Done || consumed != text.Length) return false;
        bytes = decoded[..written];
        return true;
    }

    private static bool VerifyText(ReadOnlySpan<byte> key, ReadOnlySpan<char> text, ReadOnlySpan<byte> signature)
    {
        byte[] ascii = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            int length = Encoding.ASCII.GetBytes(text, ascii);
            return Ed25519.Default.Verify(key, ascii.AsSpan(0, length), signature);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(ascii);
        }
    }

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}
