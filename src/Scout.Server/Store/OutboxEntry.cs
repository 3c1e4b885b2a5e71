namespace Scout.Server.Store;

/// <summary>One event that no stream has acknowledged. All of it is guarded by the lock of <see cref="EventOutbox"/>.</summary>
internal sealed class OutboxEntry
{
    public required long Sequence { get; init; }

    public required EventKind Kind { get; init; }

    /// <summary>Bytes of the event.</summary>
    public required int Size { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required OutboxLane Lane { get; init; }

    public bool Report { get; init; }

    /// <summary>Found in the journal at start: the stream may well have it.</summary>
    public bool FromJournal { get; init; }

    /// <summary>The event while it is not on disk, or while memory for it is left; else it is read from its segment.</summary>
    public StoredEvent? Event { get; set; }

    /// <summary>Null until it is written.</summary>
    public Segment? Segment { get; set; }

    public EventPosition Position { get; set; }

    /// <summary>On disk, so it may be sent.</summary>
    public bool Durable { get; set; }

    /// <summary>No longer in the outbox.</summary>
    public bool Removed { get; set; }

    /// <summary>How often it was handed out for sending; then it may be stored, and cannot be dropped any more.</summary>
    public int Attempts { get; set; }

    // Neighbours in the lane, and among the events of the same fate (see OutboxQueue).
    internal OutboxEntry? LanePrevious { get; set; }

    internal OutboxEntry? LaneNext { get; set; }

    internal OutboxEntry? QueuePrevious { get; set; }

    internal OutboxEntry? QueueNext { get; set; }

    internal OutboxQueue? Queue { get; set; }

    /// <summary>The <c>state</c> of this machine before this one, while it may still be here.</summary>
    internal OutboxEntry? PreviousState { get; set; }
}

/// <summary>The events of one machine, oldest first.</summary>
internal sealed class OutboxLane(string machine)
{
    public string Machine { get; } = machine;

    public OutboxEntry? Head { get; set; }

    public OutboxEntry? Tail { get; set; }

    /// <summary>The newest <c>state</c> that is in the outbox.</summary>
    public OutboxEntry? LatestState { get; set; }

    /// <summary>The publisher is at work on its head, or waits before it tries again.</summary>
    public bool Busy { get; set; }

    /// <summary>Reports of drops in it; such a lane goes first.</summary>
    public int Reports { get; set; }

    /// <summary>Key under which it is among the ready ones; 0 when it is not.</summary>
    public long ReadyKey { get; set; }
}

/// <summary>Events in order of arrival that a full outbox treats alike.</summary>
internal sealed class OutboxQueue
{
    public OutboxEntry? Head { get; private set; }

    public OutboxEntry? Tail { get; private set; }

    public void Append(OutboxEntry entry)
    {
        entry.Queue = this;
        entry.QueueNext = null;
        entry.QueuePrevious = Tail;
        if (Tail is null) Head = entry;
        else Tail.QueueNext = entry;
        Tail = entry;
    }

    public void Remove(OutboxEntry entry)
    {
        if (entry.QueuePrevious is { } previous) previous.QueueNext = entry.QueueNext;
        else Head = entry.QueueNext;
        if (entry.QueueNext is { } next) next.QueuePrevious = entry.QueuePrevious;
        else Tail = entry.QueuePrevious;
        entry.Queue = null;
        entry.QueueNext = null;
        entry.QueuePrevious = null;
    }
}
