namespace Scout.Nats;

/// <summary>The rules of pulling.</summary>
internal static class Pull
{
    public static readonly TimeSpan MinHeartbeat = TimeSpan.FromMilliseconds(100);

    /// <summary>At most half of the request's time, and no more often than the server allows; zero when the request is too short for any.</summary>
    public static TimeSpan Heartbeat(TimeSpan? wish, TimeSpan expires)
    {
        TimeSpan half = expires / 2;
        TimeSpan heartbeat = wish is { } given && given < half ? given : half;
        if (heartbeat < MinHeartbeat) return TimeSpan.Zero;
        return heartbeat > TimeSpan.FromSeconds(30) ? TimeSpan.FromSeconds(30) : heartbeat;
    }
}

/// <summary>What came next while pulling.</summary>
internal enum PullEvent : byte
{
    Message,

    /// <summary>The server says that it is there.</summary>
    Heartbeat,

    /// <summary>A request is over, with so many messages not delivered.</summary>
    EndOfBatch,

    /// <summary>There is no leader just now.</summary>
    BackOff,

    /// <summary>The line is new, or two heartbeats did not come: what was asked for may be lost.</summary>
    AskAgain,
}
