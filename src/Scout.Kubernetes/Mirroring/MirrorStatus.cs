namespace Scout.Kubernetes;

public enum MirrorState
{
    /// <summary>Nothing was listed yet.</summary>
    Syncing,

    /// <summary>Listed, and followed.</summary>
    Live,

    /// <summary>No watch was open for two minutes: the objects are the last known.</summary>
    Stale,
}

/// <summary>Why everything was listed.</summary>
public enum RelistReason
{
    First,

    /// <summary>The server's history does not reach back to our version.</summary>
    Expired,

    /// <summary>A watch ended without a word: our version may be ahead of a restored server.</summary>
    Mute,

    /// <summary>A line could not be read, or contradicts what is known: something may be lost.</summary>
    Unreadable,

    /// <summary>The server refused to go on.</summary>
    Error,
}

/// <summary>Why something that the server sent is not in the mirror.</summary>
public enum DropReason
{
    Unreadable,
    Oversized,
    UnknownType,

    /// <summary>The mirror is full.</summary>
    Bound,
}

/// <summary>How a mirror is, at the moment of asking.</summary>
/// <param name="State">Whether its objects can be relied on.</param>
/// <param name="Since">Since when no watch has been open; null while one is.</param>
/// <param name="LastEvent">When the server said something last; null when it never did.</param>
/// <param name="LastFailure">The last failure in words; empty when there was none since the last success.</param>
/// <param name="Failure">Its kind.</param>
/// <param name="Objects">Objects it holds.</param>
public sealed record MirrorStatus(MirrorState State, DateTimeOffset? Since, DateTimeOffset? LastEvent, string LastFailure, ApiFailure? Failure, int Objects)
{
    /// <summary>Lists since the start, by reason.</summary>
    public required ImmutableDictionary<RelistReason, long> Relists { get; init; }

    /// <summary>Lines of watches since the start, by type.</summary>
    public required ImmutableDictionary<WatchEventType, long> Events { get; init; }

    /// <summary>What was dropped since the start, by reason.</summary>
    public required ImmutableDictionary<DropReason, long> Dropped { get; init; }

    /// <summary>How long no watch has been open; zero while one is.</summary>
    public TimeSpan StaleFor { get; init; }
}
