using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Trust;
using Scout.Testing;

namespace Scout.Protocol.Tests.Security.Signing;

/// <summary>A fleet with cryptography of paper: a signature is a hash over key and message, a JWT its fields joined by a bar.</summary>
internal sealed class ProofTrial : ITrustSource
{
    public const string Subject = "scout.rpc.node.web1.maintenance";

    private int random;

    public ProofTrial()
    {
        Current = Document();
        Proof = Make();
    }

    public ManualTime Time { get; } = new(new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero));

    public TrustDocument? Current { get; set; }

    public RequestProof Proof { get; private set; }

    public long TokensRead { get; private set; }

    public static string Fleet { get; } = Key('A', "fleet");

    public static string Key(char kind, string name) => kind + string.Concat(SHA256.HashData(Encoding.UTF8.GetBytes(name)).Concat(SHA256.HashData(Encoding.UTF8.GetBytes(name + "2"))).Take(55).Select(one => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[one & 31]));

    public static TrustDocument Document(params string[] revoked) => new()
    {
        Serial = 1,
        Issued = DateTimeOffset.UnixEpoch,
        Fleet = Fleet,
        Key = Key('N', "trust"),
        Roles = Enum.GetValues<ScoutRole>().ToImmutableSortedDictionary(RoleNames.Word, role => ImmutableArray.Create(Key('A', "role-" + RoleNames.Word(role))), StringComparer.Ordinal),
        RevokedCallers = [.. revoked.Select(key => new RevokedCaller(key, DateTimeOffset.MaxValue))],
    };

    /// <summary>The node starts again: only what the store kept is known.</summary>
    public void Restart(params (string Key, string Nonce)[] kept)
    {
        Proof = Make();
        Proof.Remember(kept);
    }

    public string Jwt(string name = "anna", ScoutRole role = ScoutRole.Operator, string? issuer = null, string? account = null, DateTimeOffset? expires = null, DateTimeOffset? notBefore = null) => string.Join(
        '|', Key('U', name), name, issuer ?? Key('A', "role-" + RoleNames.Word(role)), account ?? Fleet, Text(expires ?? Time.GetUtcNow().AddDays(1)), Text(notBefore));

    public RequestSignature Sign(string jwt, string subject = Subject, string body = "{}", string? signer = null, DateTimeOffset? at = null)
    {
        string key = signer ?? jwt.Split('|')[0];
        long now = (at ?? Time.GetUtcNow()).ToUnixTimeMilliseconds();
        string nonce = SignedLines.Nonce(SHA256.HashData(BitConverter.GetBytes(random++)).AsSpan(0, 16));
        byte[] signature = Sign(key, SignedLines.Of(subject, now, nonce, Encoding.UTF8.GetBytes(body)));
        return new RequestSignature(jwt, now, nonce, signature);
    }

    public ProofResult Prove(RequestSignature request, string subject = Subject, string body = "{}") => Proof.Prove(request, subject, Encoding.UTF8.GetBytes(body));

    private static byte[] Sign(string key, ReadOnlySpan<byte> message) => SHA512.HashData([.. Encoding.UTF8.GetBytes(key), .. message]);

    private static string Text(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) ?? "";

    private static DateTimeOffset? At(string text) => text.Length == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(text, CultureInfo.InvariantCulture));

    private RequestProof Make() => new(this, Read, static (key, message, signature) => signature.SequenceEqual(Sign(key, message)), Time);

    private bool Read(string jwt, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CallerToken? token)
    {
        TokensRead++;
        string[] parts = jwt.Split('|');
        token = parts.Length == 6 ? new CallerToken(parts[0], parts[1], parts[2], parts[3], At(parts[5]), At(parts[4])) : null;
        return token is not null;
    }
}
