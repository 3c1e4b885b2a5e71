using System.Collections.Immutable;
using Scout.Protocol;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Server.Identity;

/// <summary>Whether a node believes what it was given (security.md 10). Pure, but for the cryptography.</summary>
internal static class CredentialsReading
{
    /// <summary>Names of groups among the tags; one that is no name is left out, as the broker's template would make a subject of it.</summary>
    public static ImmutableArray<string> Groups(NatsUserClaims claims) =>
        [.. RoleNames.Groups(claims.Tags).Where(static group => Names.IsGroup(group)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(16)];

    /// <summary>Reads an issue. Null when all of it is believed; else why nothing of it is.</summary>
    /// <param name="reply">Its status is issued.</param>
    /// <param name="node">As asked.</param>
    /// <param name="key">The node's public key.</param>
    /// <param name="known">What is believed so far, with the pinned key.</param>
    /// <param name="now">The node's clock.</param>
    /// <param name="credentials">What was given.</param>
    /// <param name="place">What is believed from now on.</param>
    public static string? WhyRefused(EnrolmentReply reply, string node, string key, FleetPlace known, DateTimeOffset now, out NodeCredentials? credentials, out FleetPlace? place)
    {
        credentials = null;
        place = null;
        if (known.TrustKey is not { } pinned) return "no trust key is known to check it with";
        if (reply.Jwt is not { } jwt || reply.RecoverJwt is not { } recoverJwt || reply.Trust is not { } trustText) return "it issues nothing";
        if (!TrustDocument.TryRead(System.Text.Encoding.UTF8.GetBytes(trustText), out TrustDocument? trust, out string? error)) return "its trust document is not valid: " + error;
        if (trust.WhyRefused(pinned, known.Trust, NKeys.Verify) is { } untrusted) return "its trust document is not believed: " + untrusted;
        if (!NatsJwt.TryRead(jwt, out NatsUserClaims? user, out error)) return "its JWT is not valid: " + error;
        if (WhyNotOurs(user, node, key) is { } other) return "its JWT is " + other;
        if (!trust.Roles.TryGetValue(RoleNames.Word(ScoutRole.Node), out ImmutableArray<string> issuers) || !issuers.Contains(user.Issuer)) return "its JWT was not signed by a node key of this fleet";
        if (user.IssuerAccount != trust.Fleet) return "its JWT is for another account than the fleet's";
        if (user.Expires is not { } expires) return "its JWT does not expire";
        if (expires <= now) return $"its JWT expired at {expires:yyyy-MM-dd HH:mm:ss}Z, and this node's clock says {now.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z: look at the clock";
        if (RoleNames.Problem(ScoutRole.Node, user.Name, RoleNames.Groups(user.Tags)) is { } badName) return "its JWT has a bad name: " + badName;
        if (!NatsJwt.TryRead(recoverJwt, out NatsUserClaims? recover, out error)) return "its JWT for recovery is not valid: " + error;
        if (WhyNotOurs(recover, node, key) is { } otherRecover) return "its JWT for recovery is " + otherRecover;
        credentials = new NodeCredentials { Jwt = jwt, Issued = user.IssuedAt, Expires = expires, Groups = Groups(user), RecoverJwt = recoverJwt, RecoverExpires = recover.Expires };
        place = known with
        {
            Trust = trust,
            TrustKey = trust.Key,
            Authorities = reply.Ca ?? known.Authorities,
            Urls = reply.Urls is { IsDefaultOrEmpty: false } urls && urls.Length <= 16 && urls.All(IsUrl) ? urls : known.Urls,
            ReconnectSpread = reply.ReconnectSpreadS is > 0 and <= 3600 and var seconds ? TimeSpan.FromSeconds(seconds) : known.ReconnectSpread,
        };
        return null;
    }

    private static string? WhyNotOurs(NatsUserClaims claims, string node, string key) =>
        claims.Subject != key ? "for another key" : claims.Name != node ? "for another name" : null;

    private static bool IsUrl(string url) => Configuration.BrokerUrl.Rule(url) is null && !url.StartsWith("nats:", StringComparison.Ordinal);
}
