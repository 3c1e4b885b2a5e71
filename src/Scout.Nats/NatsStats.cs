namespace Scout.Nats;

/// <summary>What a connection has counted since it was made, over all its lines.</summary>
public sealed record NatsStats
{
    public long ReceivedMessages { get; init; }

    public long ReceivedBytes { get; init; }

    public long SentMessages { get; init; }

    public long SentBytes { get; init; }

    /// <summary>Times the line was opened again.</summary>
    public long Reconnects { get; init; }

    /// <summary>Messages dropped because a subscription was full.</summary>
    public long DroppedMessages { get; init; }

    /// <summary>Messages for a subscription that does not exist (any more).</summary>
    public long UnknownSubscription { get; init; }

    /// <summary>Answers nobody waited for, or outside the inbox.</summary>
    public long StrayReplies { get; init; }

    /// <summary>Lines ended because the server broke the protocol.</summary>
    public long ProtocolViolations { get; init; }

    /// <summary>Messages whose sender broke their headers: those with too many bytes of them were dropped, of others what could be read was given.</summary>
    public long BrokenMessages { get; init; }

    /// <summary>Events not raised because their handlers were too slow.</summary>
    public long DroppedEvents { get; init; }

    public int Subscriptions { get; init; }

    public int PendingRequests { get; init; }
}
