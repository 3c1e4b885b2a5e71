namespace Scout.Nats.Protocol;

/// <summary>What a PUB or HPUB is made of. Everything but the subjects is bytes already, so that it is copied once, under a short lock.</summary>
internal ref struct PublishFrame
{
    public ReadOnlySpan<char> Subject;

    /// <summary>Where the answer goes, or empty.</summary>
    public ReadOnlySpan<char> ReplyTo;

    /// <summary>When not 0, the answer goes to <see cref="ReplyTo"/> + this number: a token of the shared inbox, formatted in place.</summary>
    public ulong ReplyToken;

    /// <summary>The whole header part, or empty for PUB.</summary>
    public ReadOnlySpan<byte> Headers;

    public ReadOnlySpan<byte> Payload;
}
