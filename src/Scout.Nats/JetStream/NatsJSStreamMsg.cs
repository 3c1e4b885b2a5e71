namespace Scout.Nats;

/// <summary>A stored message, read without a consumer.</summary>
/// <param name="Subject">The subject it was stored under.</param>
/// <param name="Sequence">Its place in the stream.</param>
/// <param name="Timestamp">When the server stored it.</param>
/// <param name="Headers">The headers it was published with, and those the server adds.</param>
/// <param name="Data">The payload.</param>
public readonly record struct NatsJSStreamMsg<T>(string Subject, ulong Sequence, DateTimeOffset Timestamp, NatsHeaders Headers, T? Data);

/// <summary>Which part of a stream to read.</summary>
public sealed record NatsJSReadRangeOpts
{
    /// <summary>The first sequence; 0 begins with the first there is.</summary>
    public ulong From { get; init; }

    /// <summary>Begins with the first message stored at or after this time; found by bisection.</summary>
    public DateTimeOffset? FromTime { get; init; }

    /// <summary>The last sequence; null ends with the last one there is when reading begins.</summary>
    public ulong? To { get; init; }

    /// <summary>Waits for what comes after the end instead of ending.</summary>
    public bool Follow { get; init; }

    /// <summary>Only messages of this subject; wildcards allowed.</summary>
    public string? Filter { get; init; }

    /// <summary>Requests under way at a time without a filter.</summary>
    public int InFlight { get; init; } = 64;

    /// <summary>Requests under way at a time with a filter, each of which may cost the server a scan.</summary>
    public int InFlightFiltered { get; init; } = 8;

    /// <summary>How often to look for more when following.</summary>
    public TimeSpan FollowInterval { get; init; } = TimeSpan.FromMilliseconds(500);
}
