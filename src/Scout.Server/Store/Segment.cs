namespace Scout.Server.Store;

/// <summary>One file of the journal.</summary>
internal sealed class Segment(long first, string path)
{
    private long synced;

    /// <summary>Number of its first record, and its name.</summary>
    public long First { get; } = first;

    public string Path { get; } = path;

    /// <summary>Bytes written. Of the writer.</summary>
    public long Length { get; set; }

    /// <summary>Bytes that are on disk: what others may read.</summary>
    public long Synced
    {
        get => Interlocked.Read(ref synced);
        set => Interlocked.Exchange(ref synced, value);
    }

    /// <summary>When it was begun, wall clock; what lies in the segment before is not newer.</summary>
    public DateTimeOffset OpenedAt { get; set; }

    /// <summary>The next sequence when it was begun: all events in it have this one or a higher, but for those written anew.</summary>
    public long FirstSequence { get; set; }

    /// <summary>Events in it that no stream has acknowledged, and their bytes. Guarded by the lock of the outbox.</summary>
    public int Unacknowledged { get; set; }

    /// <inheritdoc cref="Unacknowledged"/>
    public long UnacknowledgedBytes { get; set; }
}
