namespace Scout.Protocol.Security.Signing;

/// <summary>Signs requests for one caller (security.md 7): RPC to nodes, <c>scout.admin.*</c> to the provisioner. Any thread.</summary>
/// <param name="jwt">The caller's user JWT.</param>
/// <param name="sign">Signs with the JWT's key; 64 bytes.</param>
/// <param name="fillRandom">Fills with random bytes from the system.</param>
/// <param name="time">Wall clock.</param>
public sealed class RequestSigner(string jwt, Func<byte[], byte[]> sign, Action<Span<byte>> fillRandom, TimeProvider time)
{
    /// <summary>Headers for one transmission: each has a nonce of its own, so that sending again is signing again.</summary>
    /// <param name="subject">As it will be published.</param>
    /// <param name="body">As it will be sent.</param>
    public IReadOnlyList<KeyValuePair<string, string>> Headers(string subject, ReadOnlySpan<byte> body)
    {
        Span<byte> random = stackalloc byte[SigningLimits.NonceBytes];
        fillRandom(random);
        string nonce = SignedLines.Nonce(random);
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return SignedLines.Headers(jwt, now, nonce, sign(SignedLines.Of(subject, now, nonce, body)));
    }
}
