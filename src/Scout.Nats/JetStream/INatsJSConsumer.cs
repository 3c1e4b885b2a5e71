namespace Scout.Nats;

/// <summary>A pull consumer.</summary>
public interface INatsJSConsumer
{
    /// <summary>As last read; <see cref="RefreshAsync"/> reads it again.</summary>
    ConsumerInfo Info { get; }

    /// <summary>Messages without end; requests are made ahead so that the reader does not wait for them.</summary>
    IAsyncEnumerable<NatsJSMsg<T>> ConsumeAsync<T>(NatsJSConsumeOpts? opts = null, CancellationToken cancellationToken = default);

    /// <summary>One batch: at most so many messages, within a time.</summary>
    IAsyncEnumerable<NatsJSMsg<T>> FetchAsync<T>(NatsJSFetchOpts opts, CancellationToken cancellationToken = default);

    /// <summary>One batch of what is there now.</summary>
    IAsyncEnumerable<NatsJSMsg<T>> FetchNoWaitAsync<T>(NatsJSFetchOpts opts, CancellationToken cancellationToken = default);

    /// <summary>The next message, or null when none came in time.</summary>
    ValueTask<NatsJSMsg<T>?> NextAsync<T>(NatsJSNextOpts? opts = null, CancellationToken cancellationToken = default);

    ValueTask RefreshAsync(CancellationToken cancellationToken = default);
}

public sealed record NatsJSConsumeOpts
{
    /// <summary>Messages asked for ahead of the reader.</summary>
    public int MaxMsgs { get; init; } = 500;

    /// <summary>How long one request lasts at the server.</summary>
    public TimeSpan Expires { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the server says that it is there when there is nothing to deliver; at most half of <see cref="Expires"/>.</summary>
    public TimeSpan? IdleHeartbeat { get; init; }

    internal TimeSpan Heartbeat => Pull.Heartbeat(IdleHeartbeat, Expires);
}

public sealed record NatsJSFetchOpts
{
    public int MaxMsgs { get; init; } = 100;

    /// <summary>Bytes of the batch, or 0 for no limit.</summary>
    public int MaxBytes { get; init; }

    public TimeSpan Expires { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan? IdleHeartbeat { get; init; }
}

public sealed record NatsJSNextOpts
{
    public TimeSpan Expires { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan? IdleHeartbeat { get; init; }
}

/// <summary>Where an ordered reader begins, and what it sees.</summary>
public sealed record NatsJSOrderedConsumerOpts
{
    public static readonly NatsJSOrderedConsumerOpts Default = new();

    /// <summary>At most one, for servers before 2.10.</summary>
    public IReadOnlyList<string> FilterSubjects { get; init; } = [];

    public ConsumerConfigDeliverPolicy DeliverPolicy { get; init; }

    public ulong OptStartSeq { get; init; }

    public DateTimeOffset? OptStartTime { get; init; }

    public bool HeadersOnly { get; init; }

    /// <summary>When the server may forget the reader.</summary>
    public TimeSpan InactiveThreshold { get; init; } = TimeSpan.FromMinutes(5);
}
