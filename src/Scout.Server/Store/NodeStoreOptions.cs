namespace Scout.Server.Store;

/// <summary>Where and how much the store keeps (server.md section 2).</summary>
internal sealed record NodeStoreOptions
{
    /// <summary>The data directory; the store lives in <c>journal/</c> below it.</summary>
    public required string DataFolder { get; init; }

    public required string Node { get; init; }

    /// <summary>Of the running kernel; empty when unknown.</summary>
    public string BootId { get; init; } = "";

    /// <summary>Version of the product, for people who read a journal.</summary>
    public string ProductVersion { get; init; } = "";

    /// <summary>Size at which a new segment begins, 64 KiB to 64 MiB.</summary>
    public long SegmentBytes { get; init; } = 8 << 20;

    /// <summary>0 to 90 days.</summary>
    public TimeSpan HistoryAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>0 to 10 GiB.</summary>
    public long HistoryBytes { get; init; } = 64 << 20;

    /// <summary>Bounds of the outbox, and of what is held while the disk refuses.</summary>
    public int MaxEvents { get; init; } = 100_000;

    /// <inheritdoc cref="MaxEvents"/>
    public long MaxBytes { get; init; } = 64 << 20;

    /// <summary>False without a broker: events are history only and are not sent later.</summary>
    public bool Publishes { get; init; } = true;
}
