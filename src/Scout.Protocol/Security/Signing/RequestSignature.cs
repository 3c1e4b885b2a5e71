using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Scout.Protocol.Security.Signing;

/// <summary>What the headers of a signed request say; nothing of it is proved yet.</summary>
/// <param name="Jwt">The caller's user JWT.</param>
/// <param name="TimeMs">Unix milliseconds of the caller's clock.</param>
/// <param name="Nonce">22 characters of base64url.</param>
/// <param name="Signature">64 bytes.</param>
public sealed record RequestSignature(string Jwt, long TimeMs, string Nonce, ReadOnlyMemory<byte> Signature)
{
    /// <summary>Reads the headers: each of the four exactly once and in its form, none that a server adds. Allocates nothing big for what is refused.</summary>
    /// <param name="headers">Names may repeat and are compared without case.</param>
    /// <param name="read">What they say.</param>
    /// <param name="why">One of the fixed texts of <see cref="SignatureFaults"/>.</param>
    public static bool TryRead(IEnumerable<KeyValuePair<string, string>> headers, [NotNullWhen(true)] out RequestSignature? read, [NotNullWhen(false)] out string? why)
    {
        read = null;
        string? jwt = null, time = null, nonce = null, signature = null;
        bool doubled = false;
        foreach ((string name, string value) in headers)
        {
            if (SigningHeaders.IsSteered(name))
            {
                why = SignatureFaults.Steered;
                return false;
            }

            if (Is(name, SigningHeaders.Caller)) doubled |= Once(ref jwt, value);
            else if (Is(name, SigningHeaders.Time)) doubled |= Once(ref time, value);
            else if (Is(name, SigningHeaders.Nonce)) doubled |= Once(ref nonce, value);
            else if (Is(name, SigningHeaders.Signature)) doubled |= Once(ref signature, value);
        }

        why = doubled ? SignatureFaults.Doubled
            : jwt is null || time is null || nonce is null || signature is null ? SignatureFaults.Unsigned
            : jwt.Length > SigningLimits.MaxJwt ? SignatureFaults.LongJwt
            : null;
        if (why is not null) return false;
        if (!TryTime(time!, out long at) || !IsNonce(nonce) || !TrySignature(signature!, out byte[]? bytes))
        {
            why = SignatureFaults.Malformed;
            return false;
        }

        read = new RequestSignature(jwt!, at, nonce!, bytes);
        return true;
    }

    /// <summary>22 characters of <c>A-Z a-z 0-9 - _</c>.</summary>
    public static bool IsNonce([NotNullWhen(true)] string? nonce)
    {
        if (nonce is not { Length: SigningLimits.NonceLength }) return false;
        foreach (char c in nonce)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
        }

        return true;
    }

    private static bool Is(string name, string wanted) => name.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    private static bool Once(ref string? kept, string value)
    {
        if (kept is not null) return true;
        kept = value;
        return false;
    }

    // As we write it and no other way: one time has one text.
    private static bool TryTime(string text, out long time) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out time) && text.Length <= 15 && (text[0] != '0' || text.Length == 1);

    private static bool TrySignature(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length != 86) return false;
        byte[] decoded = new byte[SigningLimits.SignatureBytes];
        if (Base64Url.DecodeFromChars(text, decoded, out _, out int length) != OperationStatus.Done || length != decoded.Length) return false;
        // The last character has bits to spare: only one text stands for one signature.
        if (Base64Url.EncodeToString(decoded) != text) return false;
        bytes = decoded;
        return true;
    }
}

/// <summary>Why a signed request is not believed: fixed texts, so that a flood of one kind folds into one row of the audit.</summary>
public static class SignatureFaults
{
    public const string Unsigned = "unsigned: the request does not carry Scout-Caller, Scout-Time, Scout-Nonce and Scout-Sig";
    public const string Doubled = "a header of the signature is there twice";
    public const string Steered = "steered: a header that only servers write (Nats-...)";
    public const string Malformed = "a header of the signature is not well-formed";
    public const string LongJwt = "the caller's JWT is over 3 KiB";
    public const string LongBody = "the body is over 64 KiB";
    public const string NoReply = "no reply subject";
    public const string NoInbox = "the answer was to be sent where no inbox is";
    public const string BadJwt = "the caller's JWT is not valid";
    public const string NotUser = "the caller's JWT is not that of a user";
    public const string UnknownIssuer = "the caller's JWT was not issued by a role key of this fleet";
    public const string OtherFleet = "the caller's JWT is of another fleet";
    public const string Expired = "the caller's JWT has expired";
    public const string NotYet = "the caller's JWT is not valid yet";
    public const string Revoked = "the caller is revoked";
    public const string BadName = "the name in the caller's JWT is not valid";
    public const string NoTrust = "this node has no trust document yet";
    public const string BadSignature = "the signature does not fit subject, time, nonce and body";
    public const string Replay = "replay: this nonce was seen before";
}
