namespace Scout.Protocol.Streams;

/// <summary>A stream as we want it (nats.md 11), in words of ours. Common to all: storage file, retention limits, direct get, no bound on messages, no rollup.</summary>
public sealed record StreamDefinition
{
    public required string Name { get; init; }

    /// <summary>Empty when the stream is filled from <see cref="Source"/>.</summary>
    public IReadOnlyList<string> Subjects { get; init; } = [];

    public StreamSource? Source { get; init; }

    public StreamRepublish? Republish { get; init; }

    /// <summary>Zero: for ever.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>Always set: hosted accounts demand it.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>-1: no bound.</summary>
    public long MaxMessagesPerSubject { get; init; } = -1;

    public required int MaxMessageSize { get; init; }

    /// <summary>True: a full stream refuses new messages; false: it drops its oldest.</summary>
    public bool DiscardNew { get; init; }

    /// <summary>Null: the server's default.</summary>
    public TimeSpan? DuplicateWindow { get; init; }

    public bool DenyDelete { get; init; } = true;

    public bool DenyPurge { get; init; }

    /// <summary>1, or 3 in a cluster.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";
}

/// <summary>Where a stream without subjects copies from.</summary>
public sealed record StreamSource(string Stream, string FilterSubject);

/// <summary>Live copies of what is stored.</summary>
public sealed record StreamRepublish(string Source, string Destination);
