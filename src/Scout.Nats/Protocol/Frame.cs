namespace Scout.Nats.Protocol;

/// <summary>What a server can say.</summary>
internal enum FrameKind : byte
{
    None,
    Info,
    Msg,
    HMsg,

    /// <summary>A message that is not worth reading: its sender made its headers too long. Nothing but its subscription is known of it.</summary>
    Skip,
    Ping,
    Pong,
    Ok,
    Err,
}

/// <summary>One frame from the server, as views into the receive buffer: valid until the next read.</summary>
internal ref struct Frame
{
    public FrameKind Kind;
    public long Sid;
    public ReadOnlySpan<byte> Subject;

    /// <summary>Empty when the message wants no answer.</summary>
    public ReadOnlySpan<byte> ReplyTo;

    /// <summary>The header part with its version line and the empty line at its end; empty for MSG.</summary>
    public ReadOnlySpan<byte> Headers;

    public ReadOnlySpan<byte> Payload;

    /// <summary>The JSON of INFO or the text of -ERR without its quotes.</summary>
    public ReadOnlySpan<byte> Text;
}
