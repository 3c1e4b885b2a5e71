using System.Net.Sockets;
using System.Text;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Tls;

/// <summary>How a protocol is asked to go on in TLS.</summary>
public enum StartTlsKind
{
    /// <summary>TLS from the first byte.</summary>
    None,
    /// <summary>RFC 3207.</summary>
    Smtp,
    /// <summary>RFC 3501, section 6.2.1.</summary>
    Imap,
    /// <summary>RFC 2595.</summary>
    Pop3,
    /// <summary>RFC 4511, section 4.14.</summary>
    Ldap,
    /// <summary>SSLRequest of the frontend/backend protocol.</summary>
    Postgres,
}

/// <summary>The words before the handshake. What comes behind the consent in clear text is refused: an attacker could have put it there (CVE-2011-0411).</summary>
internal static class StartTls
{
    private const int LongestAnswer = 16 * 1024;

    // LDAPMessage 1, extendedReq with the OID 1.3.6.1.4.1.1466.20037.
    private static readonly byte[] LdapRequest = [0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16, .. "1.3.6.1.4.1.1466.20037"u8];

    private static readonly byte[] PostgresRequest = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

    public static int UsualPort(StartTlsKind kind) => kind switch
    {
        StartTlsKind.Smtp => 25,
        StartTlsKind.Imap => 143,
        StartTlsKind.Pop3 => 110,
        StartTlsKind.Ldap => 389,
        StartTlsKind.Postgres => 5432,
        _ => 443,
    };

    /// <summary>Null when the peer agreed.</summary>
    public static async ValueTask<ProbeEnding?> AskAsync(Socket socket, StartTlsKind kind, CancellationToken deadline)
    {
        var talk = new Talk(socket, deadline);
        switch (kind)
        {
            case StartTlsKind.Smtp:
                return await talk.LinesAsync(null, IsSmtpEnd, static text => text.StartsWith("220", StringComparison.Ordinal))
                    ?? await talk.LinesAsync("EHLO scout.invalid\r\n", IsSmtpEnd, static text => text.StartsWith("250", StringComparison.Ordinal))
                    ?? await talk.LinesAsync("STARTTLS\r\n", IsSmtpEnd, static text => text.StartsWith("220", StringComparison.Ordinal));
            case StartTlsKind.Imap:
                return await talk.LinesAsync(null, static _ => true, static text => text.StartsWith("* OK", StringComparison.OrdinalIgnoreCase))
                    ?? await talk.LinesAsync("s1 STARTTLS\r\n", static line => line.StartsWith("s1 ", StringComparison.Ordinal), static text => LastLine(text).StartsWith("s1 OK", StringComparison.OrdinalIgnoreCase));
            case StartTlsKind.Pop3:
                return await talk.LinesAsync(null, static _ => true, static text => text.StartsWith("+OK", StringComparison.Ordinal))
                    ?? await talk.LinesAsync("STLS\r\n", static _ => true, static text => text.StartsWith("+OK", StringComparison.Ordinal));
            case StartTlsKind.Ldap:
                return await talk.LdapAsync(LdapRequest);
            case StartTlsKind.Postgres:
                return await talk.PostgresAsync(PostgresRequest);
            default:
                return null;
        }
    }

    // "250-one more", "250 the last".
    private static bool IsSmtpEnd(string line) => line.Length < 4 || line[3] != '-';

    private static string LastLine(string text) => text[(text.TrimEnd('\n', '\r').LastIndexOf('\n') + 1)..];

    /// <summary>Result code of an ExtendedResponse, or -1: SEQUENCE { INTEGER, [APPLICATION 24] { ENUMERATED ...</summary>
    internal static int LdapResult(ReadOnlySpan<byte> answer)
    {
        if (!Enter(ref answer, 0x30) || !Enter(ref answer, 0x02, skip: true) || !Enter(ref answer, 0x78)) return -1;
        return answer.Length >= 3 && answer[0] == 0x0a && answer[1] == 1 ? answer[2] : -1;
    }

    // Whole length of the message that begins here, 0 while that is not known, -1 when it is none.
    internal static int LdapLength(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < 2) return 0;
        if (answer[0] != 0x30) return -1;
        if (answer[1] < 0x80) return 2 + answer[1];
        int count = answer[1] & 0x7f;
        if (count is 0 or > 2) return -1;
        if (answer.Length < 2 + count) return 0;
        int length = 0;
        for (int i = 0; i < count; i++) length = (length << 8) | answer[2 + i];
        return 2 + count + length;
    }

    private static bool Enter(ref ReadOnlySpan<byte> data, byte tag, bool skip = false)
    {
        if (data.Length < 2 || data[0] != tag) return false;
        int header = 2;
        int length = data[1];
        if (length >= 0x80)
        {
            int count = length & 0x7f;
            if (count is 0 or > 2 || data.Length < 2 + count) return false;
            length = 0;
            for (int i = 0; i < count; i++) length = (length << 8) | data[2 + i];
            header += count;
        }

        if (data.Length < header + length) return false;
        data = skip ? data[(header + length)..] : data.Slice(header, length);
        return true;
    }

    private sealed class Talk(Socket socket, CancellationToken deadline)
    {
        private readonly byte[] buffer = new byte[LongestAnswer];

        public async ValueTask<ProbeEnding?> LinesAsync(string? request, Func<string, bool> isLast, Func<string, bool> isGood)
        {
            if (request is not null) await SendAsync(Encoding.ASCII.GetBytes(request));
            int length = 0;
            while (true)
            {
                int read = length < buffer.Length ? await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, deadline) : 0;
                if (read == 0) return Broken(length);
                length += read;
                int end = End(Encoding.Latin1.GetString(buffer, 0, length), isLast);
                if (end < 0) continue;
                string text = Encoding.Latin1.GetString(buffer, 0, end);
                if (!isGood(text)) return new ProbeEnding(ProbeReason.Protocol, $"will not start TLS, it says {ProbeText.Shown(LastLine(text))}");
                // A greeting may come in one packet with nothing else; behind a consent nothing may stand.
                return end == length ? null : new ProbeEnding(ProbeReason.Protocol, "said more than it was asked before TLS began");
            }
        }

        public async ValueTask<ProbeEnding?> LdapAsync(byte[] request)
        {
            await SendAsync(request);
            int length = 0;
            while (true)
            {
                int read = length < buffer.Length ? await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, deadline) : 0;
                if (read == 0) return Broken(length);
                length += read;
                int wanted = LdapLength(buffer.AsSpan(0, length));
                if (wanted < 0 || length > wanted && wanted > 0) return new ProbeEnding(ProbeReason.Protocol, "does not speak LDAP");
                if (wanted == 0 || length < wanted) continue;
                int result = LdapResult(buffer.AsSpan(0, length));
                return result == 0 ? null : new ProbeEnding(ProbeReason.Protocol, result < 0 ? "does not speak LDAP" : $"will not start TLS, LDAP result {result}");
            }
        }

        public async ValueTask<ProbeEnding?> PostgresAsync(byte[] request)
        {
            await SendAsync(request);
            int length = await socket.ReceiveAsync(buffer.AsMemory(0, 64), SocketFlags.None, deadline);
            if (length == 0) return Broken(0);
            if (length > 1 || buffer[0] is not ((byte)'S' or (byte)'N')) return new ProbeEnding(ProbeReason.Protocol, "does not speak the protocol of PostgreSQL");
            return buffer[0] == 'S' ? null : new ProbeEnding(ProbeReason.Protocol, "will not start TLS, it is not built or not switched on there");
        }

        // Behind the last line of an answer, or -1 while it is not there.
        private static int End(string text, Func<string, bool> isLast)
        {
            int start = 0;
            while (text.IndexOf('\n', start) is >= 0 and var end)
            {
                if (isLast(text[start..end])) return end + 1;
                start = end + 1;
            }

            return -1;
        }

        private static ProbeEnding Broken(int length) => length == 0
            ? new ProbeEnding(ProbeReason.Reset, "closed by the peer before TLS began")
            : new ProbeEnding(ProbeReason.Protocol, "broke off, or said too much, before TLS began");

        private async ValueTask SendAsync(ReadOnlyMemory<byte> rest)
        {
            while (!rest.IsEmpty) rest = rest[await socket.SendAsync(rest, SocketFlags.None, deadline)..];
        }
    }
}
