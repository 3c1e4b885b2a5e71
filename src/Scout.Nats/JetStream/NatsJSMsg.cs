using System.Globalization;

namespace Scout.Nats;

/// <summary>A message delivered by a consumer.</summary>
public readonly record struct NatsJSMsg<T>
{
    private readonly NatsMsg<T> message;

    internal NatsJSMsg(NatsMsg<T> message, NatsJSMsgMetadata metadata)
    {
        this.message = message;
        Metadata = metadata;
    }

    public string Subject => message.Subject;

    public int Size => message.Size;

    public NatsHeaders? Headers => message.Headers;

    public T? Data => message.Data;

    public NatsConnection? Connection => message.Connection;

    /// <summary>Where acknowledgements go.</summary>
    public string? ReplyTo => message.ReplyTo;

    /// <summary>Its place in the stream, how often it was delivered, and how many are still to come.</summary>
    public NatsJSMsgMetadata? Metadata { get; }

    /// <summary>Done with it.</summary>
    public ValueTask AckAsync(AckOpts? opts = null, CancellationToken cancellationToken = default) => SendAsync("+ACK", opts, cancellationToken);

    /// <summary>Deliver it again, at once or after a delay.</summary>
    public ValueTask NakAsync(AckOpts? opts = null, TimeSpan delay = default, CancellationToken cancellationToken = default) => SendAsync(
        delay <= TimeSpan.Zero ? "-NAK" : string.Create(CultureInfo.InvariantCulture, $"-NAK {{\"delay\":{delay.Ticks * TimeSpan.NanosecondsPerTick}}}"),
        opts, cancellationToken);

    /// <summary>Still at it: the time for the acknowledgement begins anew.</summary>
    public ValueTask AckProgressAsync(AckOpts? opts = null, CancellationToken cancellationToken = default) => SendAsync("+WPI", opts, cancellationToken);

    /// <summary>Never deliver it again.</summary>
    public ValueTask AckTerminateAsync(AckOpts? opts = null, CancellationToken cancellationToken = default) => SendAsync("+TERM", opts, cancellationToken);

    private async ValueTask SendAsync(string what, AckOpts? opts, CancellationToken cancellationToken)
    {
        if (message.Connection is not { } connection || message.ReplyTo is not { } replyTo) throw new NatsJSException("The message cannot be acknowledged.");
        if (opts?.DoubleAck == true) await connection.RequestAsync<string, ReadOnlyMemory<byte>>(replyTo, what, cancellationToken: cancellationToken).ConfigureAwait(false);
        else await connection.PublishAsync(replyTo, what, cancellationToken: cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>How to acknowledge.</summary>
public sealed record AckOpts
{
    /// <summary>Waits for the server's word that it has the acknowledgement.</summary>
    public bool? DoubleAck { get; init; }
}
