using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Protocol.Security.Signing;

/// <summary>
/// Proves who sent a request (security.md 7): steps 1 and 3 to 7, the cheapest first, stopping at the first no. Step 2, whether the subject is ours, is the
/// caller's, between <see cref="Look"/> and <see cref="Prove"/>. Any thread; no cryptography runs under the lock.
/// </summary>
/// <remarks>
/// Callers whose JWT was proved before have a bucket of their own, so that a flood of invented JWTs does not keep out the people who work with the node: at most
/// 50 requests a second with two verifications and 50 with one, about 2 % of a core.
/// </remarks>
/// <param name="trust">Whom to believe.</param>
/// <param name="readToken">Reads a JWT and checks its own signature.</param>
/// <param name="check">Checks the signature of the request.</param>
/// <param name="time">Wall clock for expiry and <c>stale</c>, monotonic for the rest.</param>
public sealed class RequestProof(ITrustSource trust, CallerTokenReader readToken, SignatureCheck check, TimeProvider time)
{
    // Two buckets of 50 a second for 3 minutes, and what both hold at once: more cannot come in that time.
    private const int MostNonces = (2 * SigningLimits.UnprovenPerSecond * 180) + (2 * SigningLimits.UnprovenPerSecond);

    private readonly Lock gate = new();
    private readonly TokenBucket unknown = new(SigningLimits.UnprovenPerSecond, time);
    private readonly TokenBucket known = new(SigningLimits.UnprovenPerSecond, time);
    private readonly ProvenTokens tokens = new();
    private readonly NonceMemory nonces = new(time, SigningLimits.NonceMemory, MostNonces);
    private long verifications;

    /// <summary>Signatures checked, of JWTs and of requests.</summary>
    public long Verifications => Interlocked.Read(ref verifications);

    /// <summary>Step 1: what can be seen without any cryptography. Null when there is nothing to prove; then <paramref name="why"/> says why.</summary>
    /// <param name="replyTo">Of the message.</param>
    /// <param name="headers">Names may repeat.</param>
    /// <param name="bodyLength">Bytes.</param>
    /// <param name="why">One of <see cref="SignatureFaults"/>.</param>
    public static RequestSignature? Look(string? replyTo, IEnumerable<KeyValuePair<string, string>> headers, int bodyLength, out string? why)
    {
        why = string.IsNullOrEmpty(replyTo) ? SignatureFaults.NoReply : !Subjects.IsAnswerPlace(replyTo) ? SignatureFaults.NoInbox : bodyLength > SigningLimits.MaxBody ? SignatureFaults.LongBody : null;
        if (why is not null) return null;
        return RequestSignature.TryRead(headers, out RequestSignature? read, out why) ? read : null;
    }

    /// <summary>Nonces of effects that the store remembers from before a restart. Before the first request.</summary>
    /// <param name="remembered">Key and nonce.</param>
    public void Remember(IEnumerable<(string Key, string Nonce)> remembered)
    {
        lock (gate)
        {
            foreach ((string key, string nonce) in remembered) nonces.TryAdd(key, nonce);
        }
    }

    /// <summary>Steps 3 to 7.</summary>
    /// <param name="request">From <see cref="Look"/>.</param>
    /// <param name="subject">As it came.</param>
    /// <param name="body">As it came.</param>
    public ProofResult Prove(RequestSignature request, string subject, ReadOnlySpan<byte> body)
    {
        if (!TryBegin(request.Jwt, out CallerToken? token)) return new ProofResult(ProofOutcome.Busy, null, $"more than {SigningLimits.UnprovenPerSecond} requests a second wait to be proved; try again in a moment");
        bool proved = token is not null;
        if (token is null)
        {
            Interlocked.Increment(ref verifications);
            if (!readToken(request.Jwt, out token)) return Refused(SignatureFaults.BadJwt);
        }

        if (Judge(token, out ScoutRole role) is { } fault) return Refused(fault);
        Interlocked.Increment(ref verifications);
        if (!check(token.Key, SignedLines.Of(subject, request.TimeMs, request.Nonce, body), request.Signature.Span)) return Refused(SignatureFaults.BadSignature);

        var caller = new ProvenCaller(token.Name, token.Key, role, request.Nonce);
        double off = Math.Abs((double)time.GetUtcNow().ToUnixTimeMilliseconds() - request.TimeMs);
        if (off > SigningLimits.Skew.TotalMilliseconds) return new ProofResult(ProofOutcome.Stale, caller, "the time of the request is more than 60 s off ours; mend the clock of caller or node");
        lock (gate)
        {
            if (!proved) tokens.Add(request.Jwt, token);
            if (nonces.IsFull()) return new ProofResult(ProofOutcome.Busy, caller, "too many requests in 3 minutes; try again in a moment");
            if (!nonces.TryAdd(token.Key, request.Nonce)) return Refused(SignatureFaults.Replay);
        }

        return new ProofResult(ProofOutcome.Proven, caller, null);
    }

    private static ProofResult Refused(string why) => new(ProofOutcome.Refused, null, why);

    private bool TryBegin(string jwt, out CallerToken? token)
    {
        lock (gate)
        {
            return (tokens.TryGet(jwt, out token) ? known : unknown).TryTake();
        }
    }

    // Asked anew for every request: trust and clock go on.
    private string? Judge(CallerToken token, out ScoutRole role)
    {
        role = default;
        if (trust.Current is not { } believed) return SignatureFaults.NoTrust;
        if (token.Account != believed.Fleet) return SignatureFaults.OtherFleet;
        if (believed.RoleOf(token.Issuer) is not { } word || !RoleNames.TryParse(word, out role)) return SignatureFaults.UnknownIssuer;
        if (!Names.IsKey(token.Key)) return SignatureFaults.NotUser;
        if (!RoleNames.IsName(role, token.Name)) return SignatureFaults.BadName;
        DateTimeOffset now = time.GetUtcNow();
        if (token.Expires <= now) return SignatureFaults.Expired;
        // Clocks may be as far apart here as anywhere.
        if (token.NotBefore > now + SigningLimits.Skew) return SignatureFaults.NotYet;
        return believed.IsRevoked(token.Key) ? SignatureFaults.Revoked : null;
    }
}
