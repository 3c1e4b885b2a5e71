using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Scout.Protocol.Json;
using Scout.Protocol.Mesh;

namespace Scout.Protocol.Security.Trust;

/// <summary>Checks an Ed25519 signature by a public key in NATS' text form; the floor above has the cryptography.</summary>
public delegate bool SignatureCheck(string publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);

/// <summary>
/// Whom a fleet believes (security.md 3): file <c>trust.json</c>. The account of the fleet, the public signing keys of each role, callers whose keys were taken back.
/// Signed by the broker's trust key, whose public half is in every enrolment token. A node reads it and refuses a lower serial.
/// </summary>
/// <remarks>
/// What is signed is not the JSON but <see cref="BytesToSign"/>, made from the values: white space and unknown fields cannot matter. Unknown fields are stepped over
/// and believed by nobody; what must be believed gets a new schema.
/// </remarks>
public sealed record TrustDocument
{
    public const string SchemaName = "io.scout.trust.v1";

    /// <summary>Longest document, in bytes of JSON.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Most keys a role may have at a time: the present one, and those that are still believed after a change.</summary>
    public const int MaxKeysPerRole = 8;

    /// <summary>Most callers taken back at a time; each is forgotten when its credentials would have expired.</summary>
    public const int MaxRevokedCallers = 512;

    private const int MaxRoles = 32;

    public string Schema { get; init; } = SchemaName;

    /// <summary>From 1, higher with each document that is issued.</summary>
    public required long Serial { get; init; }

    /// <summary>When it was signed; for people, nobody compares clocks.</summary>
    public required DateTimeOffset Issued { get; init; }

    /// <summary>Public key of the account in which all of Scout lives (<c>A…</c>).</summary>
    public required string Fleet { get; init; }

    /// <summary>Public half of the key that signed this (<c>N…</c>).</summary>
    public required string Key { get; init; }

    /// <summary>The key that will sign after a change of keys; null while none is planned.</summary>
    public string? NextKey { get; init; }

    /// <summary>Role, as in <c>node</c> or <c>viewer</c>, to the public keys that may sign for it (<c>A…</c>), the present one first.</summary>
    public required ImmutableSortedDictionary<string, ImmutableArray<string>> Roles { get; init; }

    /// <summary>Callers that are believed no more.</summary>
    public ImmutableArray<RevokedCaller> RevokedCallers { get; init; } = [];

    /// <summary>Ed25519 over <see cref="BytesToSign"/>, base64url; empty while unsigned.</summary>
    public string Signature { get; init; } = "";

    /// <summary>Name of the role whose signing key this is; null when it is none of ours.</summary>
    public string? RoleOf(string signingKey)
    {
        foreach ((string role, ImmutableArray<string> keys) in Roles)
        {
            if (keys.Contains(signingKey, StringComparer.Ordinal)) return role;
        }

        return null;
    }

    /// <summary>Whether the user key of a caller (<c>U…</c>) was taken back.</summary>
    public bool IsRevoked(string callerKey)
    {
        foreach (RevokedCaller one in RevokedCallers)
        {
            if (one.Key == callerKey) return true;
        }

        return false;
    }

    /// <summary>The lines that are signed, joined by LF. Every value has a form without line feed and blank, so two documents never give the same bytes.</summary>
    public byte[] BytesToSign()
    {
        var text = new StringBuilder("scout-trust-1\n", 1024);
        text.Append(CultureInfo.InvariantCulture, $"{Serial}\n{Rfc3339.Format(Issued)}\n{Fleet}\n{Key}\n{NextKey ?? "-"}");
        foreach ((string role, ImmutableArray<string> keys) in Roles.OrderBy(static one => one.Key, StringComparer.Ordinal))
        {
            text.Append("\nrole ").Append(role);
            foreach (string key in keys) text.Append(' ').Append(key);
        }

        foreach (RevokedCaller one in RevokedCallers) text.Append("\nrevoked ").Append(one.Key).Append(' ').Append(Rfc3339.Format(one.Until));
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>The document as JSON, as it is written and sent.</summary>
    public byte[] ToBytes() => MeshJson.ToBytes(this, TrustJsonContext.Default.TrustDocument);

    /// <summary>Reads and checks the form; the signature is <see cref="WhyRefused"/>'s.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out TrustDocument? document, [NotNullWhen(false)] out string? error)
    {
        if (!MeshJson.TryRead(json, MaxBytes, TrustJsonContext.Default.TrustDocument, out document, out error)) return false;
        error = document.WhyMalformed();
        if (error is not null) document = null;
        return error is null;
    }

    /// <summary>Null when the document may take the place of <paramref name="current"/>; else why not.</summary>
    /// <param name="pinned">The public trust key of the enrolment token, or the key of the document that was believed last.</param>
    /// <param name="current">What is believed now; null at the first.</param>
    /// <param name="check">The cryptography.</param>
    public string? WhyRefused(string pinned, TrustDocument? current, SignatureCheck check)
    {
        if (WhyMalformed() is { } malformed) return malformed;
        if (Key != pinned && (current?.NextKey is not { } next || Key != next)) return $"it is signed by {Key}, not by the trust key {pinned}";
        if (current is not null && Serial < current.Serial) return $"its serial {Serial} is lower than {current.Serial}, which is known already";
        Span<byte> signature = stackalloc byte[64];
        if (!TrustForm.TryDecodeSignature(Signature, signature) || !check(Key, BytesToSign(), signature)) return "its signature does not fit";
        return null;
    }

    /// <summary>The same with the signature in it.</summary>
    /// <param name="sign">Signs a message with the private half of <see cref="Key"/>; 64 bytes.</param>
    public TrustDocument Sign(Func<byte[], byte[]> sign) => this with { Signature = TrustForm.EncodeSignature(sign(BytesToSign())) };

    private string? WhyMalformed()
    {
        if (Schema != SchemaName) return $"its schema is '{Shown.Clip(Schema)}', not {SchemaName}";
        if (Serial < 1) return "its serial is below 1";
        if (!TrustForm.IsPublicKey(Fleet, 'A')) return "'fleet' is no public key of an account";
        if (!TrustForm.IsPublicKey(Key, 'N')) return "'key' is no public trust key";
        if (NextKey is not null && !TrustForm.IsPublicKey(NextKey, 'N')) return "'next_key' is no public trust key";
        if (Roles is null || Roles.Count is 0 or > MaxRoles) return $"'roles' must name 1 to {MaxRoles} roles";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string role, ImmutableArray<string> keys) in Roles)
        {
            if (!TrustForm.IsRole(role)) return $"'roles' has the name '{Shown.Clip(role)}', which is no role";
            if (keys.IsDefault || keys.Length > MaxKeysPerRole) return $"role {role} must have at most {MaxKeysPerRole} keys";
            foreach (string key in keys)
            {
                if (!TrustForm.IsPublicKey(key, 'A')) return $"role {role} has a key that is no public signing key";
                if (!seen.Add(key)) return $"the signing key {key} is there twice";
            }
        }

        if (RevokedCallers.IsDefault || RevokedCallers.Length > MaxRevokedCallers) return $"'revoked_callers' must have at most {MaxRevokedCallers} entries";
        return RevokedCallers.All(static one => one is not null && TrustForm.IsPublicKey(one.Key, 'U')) ? null : "'revoked_callers' has a key that is no public key of a user";
    }
}

/// <summary>A caller whose credentials were taken back.</summary>
/// <param name="Key">Public user key (<c>U…</c>).</param>
/// <param name="Until">When the last credentials for it expire; the entry is left out of documents issued later.</param>
public sealed record RevokedCaller(string Key, DateTimeOffset Until);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 8,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(TrustDocument))]
internal sealed partial class TrustJsonContext : JsonSerializerContext;
