using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Serialization;
using Scout.Protocol.Mesh;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>
/// The one thing a fresh node needs: <c>scout-enroll-1.</c> and base64url of where the broker is, which authority signs its certificate, which key signs the
/// fleet's trust, and a login that may do nothing but ask (security.md 10). It is a secret; <see cref="ToString"/> does not give it away.
/// </summary>
public sealed record EnrolmentToken
{
    public const string Prefix = "scout-enroll-1.";

    /// <summary>Longest text, characters.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>1 to 16 URLs, <c>tls://</c> or <c>srv://</c>.</summary>
    public required ImmutableArray<string> Urls { get; init; }

    /// <summary>Certificates of the authorities, PEM.</summary>
    public required string Ca { get; init; }

    /// <summary>Public half of the key that signs the trust document.</summary>
    public required string Trust { get; init; }

    /// <summary>Login of role enroll.</summary>
    public required string Jwt { get; init; }

    /// <summary>Its seed.</summary>
    public required string Seed { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public string ToText() =>
        Prefix + Base64Url.EncodeToString(MeshJson.ToBytes(new EnrolmentTokenBody(Urls, Ca, Trust, Jwt, Seed, Expires.ToUnixTimeSeconds()), EnrolmentJsonContext.Default.EnrolmentTokenBody));

    /// <summary>Reads the text; blanks and line ends around it are stepped over. The message never holds any of it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out EnrolmentToken? token, [NotNullWhen(false)] out string? error)
    {
        token = null;
        text = text.Trim();
        error = text.Length > MaxLength ? $"it is over {MaxLength} characters"
            : !text.StartsWith(Prefix, StringComparison.Ordinal) ? $"it does not begin with {Prefix}"
            : null;
        if (error is not null) return false;
        byte[] json = new byte[Base64Url.GetMaxDecodedLength(text.Length - Prefix.Length)];
        // Not TryDecodeFromChars, which throws on bad characters.
        if (Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length), json, out _, out int length) != OperationStatus.Done)
        {
            error = "it is cut off or damaged (no base64url)";
            return false;
        }

        if (!MeshJson.TryRead(json.AsSpan(0, length), MaxLength, EnrolmentJsonContext.Default.EnrolmentTokenBody, out EnrolmentTokenBody? body, out _))
        {
            error = "it is cut off or damaged (no valid JSON in it)";
            return false;
        }

        error = body.Urls.IsDefault || body.Urls.Length is 0 or > 16 || !body.Urls.All(IsUrl) ? "its addresses of brokers are not 1 to 16 of tls:// or srv://"
            : string.IsNullOrEmpty(body.Ca) || string.IsNullOrEmpty(body.Trust) || string.IsNullOrEmpty(body.Jwt) || string.IsNullOrEmpty(body.Seed) ? "a part of it is missing"
            : body.Exp is <= 0 or > 253_402_300_799 ? "its end is no time"
            : null;
        if (error is not null) return false;
        token = new EnrolmentToken { Urls = body.Urls, Ca = body.Ca, Trust = body.Trust, Jwt = body.Jwt, Seed = body.Seed, Expires = DateTimeOffset.FromUnixTimeSeconds(body.Exp) };
        return true;
    }

    public override string ToString() => $"enrolment token for {Shown.Clip(string.Join(',', Urls))} until {Json.Rfc3339.Format(Expires)}";

    private static bool IsUrl(string? url) =>
        url is { Length: <= 300 } && Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) && parsed.Scheme is "tls" or "srv" && parsed.Host.Length > 0 && parsed.UserInfo.Length == 0;
}

/// <summary>The JSON in a token.</summary>
internal sealed record EnrolmentTokenBody(
    [property: JsonRequired] ImmutableArray<string> Urls,
    [property: JsonRequired] string Ca,
    [property: JsonRequired] string Trust,
    [property: JsonRequired] string Jwt,
    [property: JsonRequired] string Seed,
    [property: JsonRequired] long Exp)
{
    public override string ToString() => nameof(EnrolmentTokenBody);
}
