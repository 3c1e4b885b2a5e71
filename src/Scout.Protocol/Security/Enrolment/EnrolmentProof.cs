using System.Globalization;
using System.Text;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>
/// What a node signs to show that it has the key it asks for (security.md 10 and 11): lines joined by LF. Each kind begins with a word of its own, so that
/// one proof never serves as another, nor as a signed request, nor as the answer to a server's nonce (which holds no line feed).
/// </summary>
public static class EnrolmentProof
{
    /// <summary>Seconds by which the clocks of node and provisioner may differ at a renewal or recovery.</summary>
    public const int WindowSeconds = 300;

    public static byte[] Enroll(string tokenKey, string node, long timeMs, string nonce) => Lines("scout-enroll-1", tokenKey, node, Number(timeMs), nonce);

    /// <summary>A renewal; with a new key, the old one answers for it, and the new one signs the same lines.</summary>
    public static byte[] Renew(string nodeKey, string node, long timeMs, string nonce, string? newKey) =>
        newKey is null ? Lines("scout-renew-1", nodeKey, node, Number(timeMs), nonce) : Lines("scout-renew-1", nodeKey, node, Number(timeMs), nonce, newKey);

    public static byte[] Recover(string nodeKey, string node, long timeMs, string nonce) => Lines("scout-recover-1", nodeKey, node, Number(timeMs), nonce);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static byte[] Lines(params ReadOnlySpan<string> lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines!));
}
