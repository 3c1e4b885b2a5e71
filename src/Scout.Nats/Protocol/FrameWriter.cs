using System.Text;
using System.Text.Unicode;

namespace Scout.Nats.Protocol;

/// <summary>Writes what a client can say. Each method is headed by the line it emits; sizes are checked by the caller with the method beside it.</summary>
internal static class FrameWriter
{
    private const int MaxDigits = 20;

    public static ReadOnlySpan<byte> Ping => "PING\r\n"u8;

    public static ReadOnlySpan<byte> Pong => "PONG\r\n"u8;

    /// <summary>An upper bound of what <see cref="WritePublish"/> writes.</summary>
    public static int MaxPublishLength(in PublishFrame frame) =>
        "HPUB "u8.Length + (frame.Subject.Length * 3) + (frame.ReplyTo.Length * 3) + (MaxDigits * 3) + 8 + frame.Headers.Length + frame.Payload.Length;

    // PUB subject [reply] n CRLF payload CRLF
    // HPUB subject [reply] h t CRLF headers payload CRLF
    public static int WritePublish(Span<byte> to, in PublishFrame frame)
    {
        bool hasHeaders = !frame.Headers.IsEmpty;
        int at = 0;
        if (hasHeaders) to[at++] = (byte)'H';
        "PUB "u8.CopyTo(to[at..]);
        at += 4;
        at += WriteText(to[at..], frame.Subject);
        to[at++] = (byte)' ';
        if (!frame.ReplyTo.IsEmpty)
        {
            at += WriteText(to[at..], frame.ReplyTo);
            if (frame.ReplyToken != 0) at += WriteNumber(to[at..], frame.ReplyToken);
            to[at++] = (byte)' ';
        }

        if (hasHeaders)
        {
            at += WriteNumber(to[at..], (ulong)frame.Headers.Length);
            to[at++] = (byte)' ';
        }

        at += WriteNumber(to[at..], (ulong)(frame.Headers.Length + frame.Payload.Length));
        at += WriteEnd(to[at..]);
        frame.Headers.CopyTo(to[at..]);
        at += frame.Headers.Length;
        frame.Payload.CopyTo(to[at..]);
        at += frame.Payload.Length;
        at += WriteEnd(to[at..]);
        return at;
    }

    public static int MaxSubscribeLength(string subject, string? queueGroup) => (subject.Length * 3) + ((queueGroup?.Length ?? 0) * 3) + MaxDigits + 16;

    // SUB subject [queue] sid CRLF
    public static int WriteSubscribe(Span<byte> to, string subject, string? queueGroup, long sid)
    {
        "SUB "u8.CopyTo(to);
        int at = 4;
        at += WriteText(to[at..], subject);
        to[at++] = (byte)' ';
        if (!string.IsNullOrEmpty(queueGroup))
        {
            at += WriteText(to[at..], queueGroup);
            to[at++] = (byte)' ';
        }

        at += WriteNumber(to[at..], (ulong)sid);
        return at + WriteEnd(to[at..]);
    }

    public const int MaxUnsubscribeLength = (MaxDigits * 2) + 16;

    // UNSUB sid [max] CRLF
    public static int WriteUnsubscribe(Span<byte> to, long sid, int max)
    {
        "UNSUB "u8.CopyTo(to);
        int at = 6;
        at += WriteNumber(to[at..], (ulong)sid);
        if (max > 0)
        {
            to[at++] = (byte)' ';
            at += WriteNumber(to[at..], (ulong)max);
        }

        return at + WriteEnd(to[at..]);
    }

    // CONNECT {json} CRLF
    public static byte[] Connect(ReadOnlySpan<byte> json) => [.. "CONNECT "u8, .. json, .. "\r\n"u8];

    private static int WriteText(Span<byte> to, ReadOnlySpan<char> text)
    {
        Utf8.FromUtf16(text, to, out _, out int written);
        return written;
    }

    private static int WriteNumber(Span<byte> to, ulong value)
    {
        value.TryFormat(to, out int written);
        return written;
    }

    private static int WriteEnd(Span<byte> to)
    {
        to[0] = (byte)'\r';
        to[1] = (byte)'\n';
        return 2;
    }
}
