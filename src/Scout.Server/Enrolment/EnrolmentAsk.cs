using System.Buffers.Text;
using System.Runtime.InteropServices;
using Scout.Protocol;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Server.Enrolment;

/// <summary>What a node asks the provisioner for.</summary>
internal enum AskKind
{
    /// <summary>With a token, the first time.</summary>
    Enroll,

    /// <summary>With its own login, before that expires.</summary>
    Renew,

    /// <summary>With the login for recovery, after it expired.</summary>
    Recover,
}

/// <summary>One transmission. Each has a nonce and a time of its own.</summary>
internal sealed record EnrolmentAsk(AskKind Kind, string Subject, byte[] Body)
{
    /// <param name="kind">What for.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="key">The node's key.</param>
    /// <param name="tokenKey">Public key of the token, when enrolling.</param>
    /// <param name="now">The node's clock.</param>
    /// <param name="next">At a renewal: the key that shall take the place of the present one.</param>
    public static EnrolmentAsk Make(AskKind kind, string node, NKeyPair key, string? tokenKey, DateTimeOffset now, NKeyPair? next = null)
    {
        Span<byte> random = stackalloc byte[SigningLimits.NonceBytes];
        Checks.Probes.SystemRandom.Instance.Fill(random);
        string nonce = SignedLines.Nonce(random);
        long time = now.ToUnixTimeMilliseconds();
        byte[] lines = kind switch
        {
            AskKind.Enroll => EnrolmentProof.Enroll(tokenKey!, node, time, nonce),
            AskKind.Renew => EnrolmentProof.Renew(key.PublicKey, node, time, nonce, next?.PublicKey),
            _ => EnrolmentProof.Recover(key.PublicKey, node, time, nonce),
        };
        string subject = kind switch
        {
            AskKind.Enroll => Subjects.Enroll(tokenKey!),
            AskKind.Renew => Subjects.Renew(node),
            _ => Subjects.Recover(key.PublicKey),
        };
        var request = new EnrolmentRequest
        {
            Node = node,
            Key = key.PublicKey,
            Time = time,
            Nonce = nonce,
            Proof = Base64Url.EncodeToString(key.Sign(lines)),
            NewKey = next?.PublicKey,
            NewProof = next is null ? null : Base64Url.EncodeToString(next.Sign(lines)),
            Facts = new NodeFactsBrief(OperatingSystem.IsLinux() ? "linux" : "other", RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(), Life.Product.Version),
        };
        return new EnrolmentAsk(kind, subject, request.ToBytes());
    }
}
