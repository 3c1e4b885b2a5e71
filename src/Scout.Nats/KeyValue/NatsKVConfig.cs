namespace Scout.Nats;

/// <summary>A bucket as it is asked for.</summary>
public sealed record NatsKVConfig
{
    public NatsKVConfig(string bucket) => Bucket = bucket;

    public string Bucket { get; init; }

    public string? Description { get; init; }

    /// <summary>Revisions kept of a key, 1 to 64.</summary>
    public long History { get; init; } = 1;

    /// <summary>Zero for no limit.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>-1 for no limit.</summary>
    public long MaxBytes { get; init; } = -1;

    /// <summary>-1 for no limit.</summary>
    public int MaxValueSize { get; init; } = -1;

    public StreamConfigStorage Storage { get; init; }

    public int NumberOfReplicas { get; init; } = 1;

    /// <summary>Copies each change to another subject as well.</summary>
    public Republish? Republish { get; init; }

    /// <summary>
    /// Whether keys can be purged. Off, because it lets everyone who may write one key of the bucket empty all of it with one message.
    /// </summary>
    public bool AllowPurge { get; init; }

    internal StreamConfig ToStream() => new()
    {
        Name = NatsKVContext.StreamOf(Bucket),
        Description = Description,
        Subjects = [$"$KV.{Bucket}.>"],
        MaxMsgsPerSubject = History is >= 1 and <= 64 ? History : throw new NatsKVException($"The history of bucket {Bucket} is {History}; it must be 1 to 64 revisions."),
        MaxAge = MaxAge,
        DuplicateWindow = MaxAge > TimeSpan.Zero && MaxAge < TimeSpan.FromMinutes(2) ? MaxAge : TimeSpan.FromMinutes(2),
        MaxBytes = MaxBytes,
        MaxMsgSize = MaxValueSize,
        Storage = Storage,
        NumReplicas = NumberOfReplicas,
        Republish = Republish,
        Discard = StreamConfigDiscard.New,
        DenyDelete = true,
        AllowDirect = true,
        AllowRollupHdrs = AllowPurge,
    };
}

/// <summary>A bucket and what it holds.</summary>
public sealed record NatsKVStatus(string Bucket, StreamInfo Info);

/// <summary>What a watcher sees.</summary>
public sealed record NatsKVWatchOpts
{
    public static readonly NatsKVWatchOpts Default = new();

    /// <summary>Leaves deletions out.</summary>
    public bool IgnoreDeletes { get; init; }

    /// <summary>Begins with all kept revisions instead of the newest of each key.</summary>
    public bool IncludeHistory { get; init; }

    /// <summary>Begins with what comes from now on.</summary>
    public bool UpdatesOnly { get; init; }

    /// <summary>Without values.</summary>
    public bool MetaOnly { get; init; }

    /// <summary>Begins at this revision; 0 does not.</summary>
    public ulong ResumeAtRevision { get; init; }

    /// <summary>Called once, when all that was there at the beginning has been given out (also when there was nothing). Returning true ends the watch.</summary>
    public Func<CancellationToken, ValueTask<bool>>? OnNoData { get; init; }
}

/// <summary>Conditions of a deletion.</summary>
public sealed record NatsKVDeleteOpts
{
    /// <summary>Deletes only if the key is at this revision; 0 always.</summary>
    public ulong Revision { get; init; }
}
