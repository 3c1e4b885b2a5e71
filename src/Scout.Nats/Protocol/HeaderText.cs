using System.Text;

namespace Scout.Nats.Protocol;

/// <summary>
/// The header part of HPUB and HMSG: <c>NATS/1.0[ code[ description]]</c> CRLF, then <c>Name: value</c> CRLF each, then CRLF.
/// </summary>
internal static class HeaderText
{
    private static ReadOnlySpan<byte> Version => "NATS/1.0"u8;

    /// <summary>Bytes of the header part for these headers, including the version line and the empty line.</summary>
    public static int Length(NatsHeaders headers)
    {
        int length = Version.Length + 4;
        foreach ((string name, string value) in headers.Pairs) length += PairLength(name, value);
        return length;
    }

    public static int PairLength(string name, string value) => name.Length + Encoding.UTF8.GetByteCount(value) + 4;

    public static int WriteStart(Span<byte> to)
    {
        Version.CopyTo(to);
        "\r\n"u8.CopyTo(to[Version.Length..]);
        return Version.Length + 2;
    }

    public static int WritePair(Span<byte> to, string name, string value)
    {
        int at = Encoding.ASCII.GetBytes(name, to);
        to[at++] = (byte)':';
        to[at++] = (byte)' ';
        at += Encoding.UTF8.GetBytes(value, to[at..]);
        to[at++] = (byte)'\r';
        to[at++] = (byte)'\n';
        return at;
    }

    public static int WriteEnd(Span<byte> to)
    {
        "\r\n"u8.CopyTo(to);
        return 2;
    }

    /// <summary>Throws on a name outside printable ASCII or with a colon, before a byte is written.</summary>
    public static void ThrowUnlessName(string name)
    {
        if (string.IsNullOrEmpty(name) || name.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || name.Contains(':'))
            throw new ArgumentException("A header name is printable ASCII without spaces and colons.", nameof(name));
    }

    /// <summary>Throws on a value with CR, LF or NUL, which would be another header or the end of them.</summary>
    public static void ThrowUnlessValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
            throw new ArgumentException("A header value cannot contain CR, LF or NUL.", nameof(value));
    }

    /// <summary>
    /// Reads a header part as far as it is one. Servers pass on what a publisher sent, byte for byte, and put their own headers at its end: a part that is broken is the doing of
    /// a peer, so what can be read of it is given, and whoever needs a header that is not there does without the message.
    /// </summary>
    /// <param name="part">With the version line and the empty line at its end, when it is whole.</param>
    /// <param name="headers">What could be read.</param>
    /// <returns>Whether all of it could be.</returns>
    public static bool Read(ReadOnlySpan<byte> part, out NatsHeaders headers)
    {
        headers = new NatsHeaders();
        bool whole = part.EndsWith("\r\n\r\n"u8);
        ReadOnlySpan<byte> rest = part;
        if (part.StartsWith(Version) && (part.Length == Version.Length || part[Version.Length] is (byte)' ' or (byte)'\t' or (byte)'\r'))
        {
            ReadOnlySpan<byte> first = TakeLine(ref rest);
            ReadStatus(first[Version.Length..].Trim(" \t"u8), headers);
        }
        else
        {
            whole = false;
        }

        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> line = TakeLine(ref rest);
            // The empty line at the end; one before it hides nothing.
            if (line.IsEmpty && rest.IsEmpty) break;
            int colon = line.IndexOf((byte)':');
            ReadOnlySpan<byte> name = colon < 0 ? default : line[..colon].Trim(" \t"u8);
            if (name.IsEmpty) whole = false;
            else headers.AddRaw(Name(name), Encoding.UTF8.GetString(line[(colon + 1)..].Trim(" \t"u8)));
        }

        return whole;
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf("\r\n"u8);
        ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 2)..];
        return line;
    }

    // The names that come with every stored message are not made anew each time.
    private static string Name(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("Nats-Stream"u8) => "Nats-Stream",
        _ when name.SequenceEqual("Nats-Subject"u8) => "Nats-Subject",
        _ when name.SequenceEqual("Nats-Sequence"u8) => "Nats-Sequence",
        _ when name.SequenceEqual("Nats-Time-Stamp"u8) => "Nats-Time-Stamp",
        _ when name.SequenceEqual("Nats-Msg-Id"u8) => "Nats-Msg-Id",
        _ when name.SequenceEqual("Nats-Expected-Stream"u8) => "Nats-Expected-Stream",
        _ when name.SequenceEqual("Content-Type"u8) => "Content-Type",
        _ => Encoding.UTF8.GetString(name),
    };

    // A status that is not three digits counts as none.
    private static void ReadStatus(ReadOnlySpan<byte> status, NatsHeaders headers)
    {
        if (status.Length < 3 || (status.Length > 3 && status[3] is not ((byte)' ' or (byte)'\t'))) return;
        int code = 0;
        foreach (byte digit in status[..3])
        {
            if (digit is < (byte)'0' or > (byte)'9') return;
            code = (code * 10) + (digit - '0');
        }

        headers.Code = code;
        headers.MessageText = Encoding.UTF8.GetString(status[3..].Trim(" \t"u8));
    }
}
