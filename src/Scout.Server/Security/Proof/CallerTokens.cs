using System.Diagnostics.CodeAnalysis;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Trust;

namespace Scout.Proving;

/// <summary>The cryptography of <see cref="RequestProof"/>: that of NATS' own credentials. Also part of Scout.Broker.</summary>
internal static class CallerTokens
{
    /// <summary>A proof for requests to this node.</summary>
    /// <param name="trust">Whom the node believes.</param>
    /// <param name="remembered">Key and nonce of effects from before the start, a blank between.</param>
    /// <param name="time">Clock.</param>
    public static RequestProof Proof(ITrustSource trust, IEnumerable<string> remembered, TimeProvider time)
    {
        var proof = new RequestProof(trust, TryRead, NKeys.Verify, time);
        proof.Remember(remembered.Select(static text => text.Split(' ')).Where(static parts => parts.Length == 2).Select(static parts => (parts[0], parts[1])));
        return proof;
    }

    /// <summary>Reads the JWT of a user and checks its signature by its issuer.</summary>
    public static bool TryRead(string jwt, [NotNullWhen(true)] out CallerToken? token)
    {
        // An account that signs with its own key names itself nowhere else.
        token = NatsJwt.TryRead(jwt, out NatsUserClaims? claims, out _)
            ? new CallerToken(claims.Subject, claims.Name, claims.Issuer, claims.IssuerAccount ?? claims.Issuer, claims.NotBefore, claims.Expires)
            : null;
        return token is not null;
    }
}
