namespace Scout.Nats.Protocol;

internal enum ParseStatus : byte
{
    NeedMore,
    Frame,
    Violation,
}

/// <summary>What the parser knows about the frame at the start of the buffer, so that slow bytes are not looked at twice.</summary>
internal struct ParserState
{
    /// <summary>Bytes from the frame's start that hold no line feed.</summary>
    public int Scanned;

    /// <summary>Bytes from the frame's start before it is worth looking again.</summary>
    public int Need;
}

/// <summary>
/// Reads frames from the bytes of a server, which are not trusted: every input gives a frame, a wish for more, or a violation with its reason.
/// Control lines end in CRLF, verbs are case-insensitive, tokens are separated by spaces or tabs.
/// https://docs.nats.io/reference/reference-protocols/nats-protocol
/// </summary>
internal static class FrameParser
{
    private const int MaxTokens = 5;
    private const int MaxLengthDigits = 10;
    private const int MaxSidDigits = 18;

    /// <summary>Looks at <paramref name="input"/>, which begins at a frame's first byte. On a frame, <paramref name="consumed"/> says where the next begins.</summary>
    public static ParseStatus TryRead(
        ReadOnlySpan<byte> input, int maxPayload, ref ParserState state, out Frame frame, out int consumed, out string violation)
    {
        frame = default;
        consumed = 0;
        violation = "";
        if (input.Length < state.Need || input.IsEmpty) return ParseStatus.NeedMore;

        int feed = input[state.Scanned..].IndexOf((byte)'\n');
        if (feed < 0)
        {
            if (input.Length > LineLimit(input)) return Violate("control line too long", out violation);
            state.Scanned = input.Length;
            state.Need = input.Length + 1;
            return ParseStatus.NeedMore;
        }

        feed += state.Scanned;
        if (feed + 1 > LineLimit(input)) return Violate("control line too long", out violation);
        if (feed == 0 || input[feed - 1] != '\r') return Violate("control line without CRLF", out violation);
        state.Scanned = feed;

        ReadOnlySpan<byte> line = input[..(feed - 1)];
        int body = feed + 1;
        switch (Verb(line, out int verbEnd))
        {
            case FrameKind.Msg:
                return ReadMessage(input, line[verbEnd..], body, FrameKind.Msg, maxPayload, ref state, ref frame, out consumed, out violation);
            case FrameKind.HMsg:
                return ReadMessage(input, line[verbEnd..], body, FrameKind.HMsg, maxPayload, ref state, ref frame, out consumed, out violation);
            case FrameKind.None:
                return Violate("unknown verb", out violation);
            case FrameKind.Info:
                frame.Text = line[verbEnd..].Trim(" \t"u8);
                return Take(FrameKind.Info, body, ref state, ref frame, out consumed);
            case FrameKind.Err:
                frame.Text = line[verbEnd..].Trim(" \t'"u8);
                if (frame.Text.Length > FrameLimits.ErrorText) frame.Text = frame.Text[..FrameLimits.ErrorText];
                return Take(FrameKind.Err, body, ref state, ref frame, out consumed);
            case FrameKind kind:
                return Take(kind, body, ref state, ref frame, out consumed);
        }
    }

    private static ParseStatus ReadMessage(
        ReadOnlySpan<byte> input, ReadOnlySpan<byte> arguments, int body, FrameKind kind, int maxPayload,
        ref ParserState state, ref Frame frame, out int consumed, out string violation)
    {
        consumed = 0;
        violation = "";
        Span<Range> tokens = stackalloc Range[MaxTokens + 1];
        int count = Split(arguments, tokens);
        int lengths = kind == FrameKind.HMsg ? 2 : 1;
        bool hasReply = count == 3 + lengths;
        if (count != 2 + lengths && !hasReply) return Violate("message with a wrong number of arguments", out violation);

        // A subject may have control bytes in it: servers pass on what they are sent, so that it says nothing about the server. Names in it are checked by who reads it.
        frame.Subject = arguments[tokens[0]];
        if (!TryNumber(arguments[tokens[1]], MaxSidDigits, out frame.Sid)) return Violate("subscription id is not a number", out violation);
        if (hasReply) frame.ReplyTo = arguments[tokens[2]];

        if (!TryNumber(arguments[tokens[count - 1]], MaxLengthDigits, out long total)) return Violate("length is not a number", out violation);
        long headers = 0;
        if (kind == FrameKind.HMsg)
        {
            if (!TryNumber(arguments[tokens[count - 2]], MaxLengthDigits, out headers)) return Violate("header length is not a number", out violation);
            if (headers > total) return Violate("header part longer than the message", out violation);
            // Of a server alone, which would not have let it in.
            if (headers > (long)maxPayload + FrameLimits.HeaderPart) return Violate("header part too long", out violation);
        }

        if (total - headers > maxPayload) return Violate("payload longer than max_payload", out violation);

        int end = body + (int)total;
        if (input.Length < end + 2)
        {
            state.Need = end + 2;
            return ParseStatus.NeedMore;
        }

        if (input[end] != '\r' || input[end + 1] != '\n') return Violate("payload not followed by CRLF", out violation);
        if (headers > FrameLimits.HeaderPart) kind = FrameKind.Skip;
        frame.Headers = input.Slice(body, (int)headers);
        frame.Payload = input[(body + (int)headers)..end];
        return Take(kind, end + 2, ref state, ref frame, out consumed);
    }

    private static ParseStatus Take(FrameKind kind, int end, ref ParserState state, ref Frame frame, out int consumed)
    {
        frame.Kind = kind;
        consumed = end;
        state = default;
        return ParseStatus.Frame;
    }

    private static ParseStatus Violate(string why, out string violation)
    {
        violation = why;
        return ParseStatus.Violation;
    }

    private static int LineLimit(ReadOnlySpan<byte> input) =>
        input[0] is (byte)'I' or (byte)'i' ? FrameLimits.InfoLine : FrameLimits.ControlLine;

    private static FrameKind Verb(ReadOnlySpan<byte> line, out int end)
    {
        end = line.IndexOfAny((byte)' ', (byte)'\t');
        if (end < 0) end = line.Length;
        ReadOnlySpan<byte> verb = line[..end];
        if (Is(verb, "MSG"u8)) return FrameKind.Msg;
        if (Is(verb, "HMSG"u8)) return FrameKind.HMsg;
        if (Is(verb, "PING"u8)) return FrameKind.Ping;
        if (Is(verb, "PONG"u8)) return FrameKind.Pong;
        if (Is(verb, "+OK"u8)) return FrameKind.Ok;
        if (Is(verb, "-ERR"u8)) return FrameKind.Err;
        return Is(verb, "INFO"u8) ? FrameKind.Info : FrameKind.None;
    }

    private static bool Is(ReadOnlySpan<byte> verb, ReadOnlySpan<byte> name)
    {
        if (verb.Length != name.Length) return false;
        return verb.SequenceEqual(name) || System.Text.Ascii.EqualsIgnoreCase(verb, name);
    }

    private static int Split(ReadOnlySpan<byte> arguments, Span<Range> tokens)
    {
        int count = 0;
        int at = 0;
        while (count < tokens.Length)
        {
            while (at < arguments.Length && arguments[at] is (byte)' ' or (byte)'\t') at++;
            if (at == arguments.Length) break;
            int length = arguments[at..].IndexOfAny((byte)' ', (byte)'\t');
            int end = length < 0 ? arguments.Length : at + length;
            tokens[count++] = at..end;
            at = end;
        }

        return count;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, int maxDigits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.Length > maxDigits) return false;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            value = (value * 10) + (digit - '0');
        }

        return true;
    }
}
