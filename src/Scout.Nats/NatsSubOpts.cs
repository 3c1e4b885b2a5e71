namespace Scout.Nats;

/// <summary>How a subscription ends, and how much it holds.</summary>
public sealed record NatsSubOpts
{
    /// <summary>Ends the subscription after so many messages.</summary>
    public int? MaxMsgs { get; init; }

    /// <summary>Ends the subscription (or the wait for an answer) after this time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Ends the subscription when the first message has not come by then.</summary>
    public TimeSpan? StartUpTimeout { get; init; }

    /// <summary>Ends the subscription when no further message has come for this time.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Throws <see cref="NatsNoRespondersException"/> instead of ending quietly when nobody listens.</summary>
    public bool? ThrowIfNoResponders { get; init; }

    /// <summary>Ends the subscription at the first message without payload and headers.</summary>
    public bool? StopOnEmptyMsg { get; init; }

    /// <summary>Messages held for the reader, instead of <see cref="NatsOpts.SubPendingChannelCapacity"/>.</summary>
    public int? ChannelCapacity { get; init; }
}
