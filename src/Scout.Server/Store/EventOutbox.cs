namespace Scout.Server.Store;

/// <summary>
/// Events that no stream has acknowledged, in lanes by machine, oldest first, and what happens when there are too many (nats.md section 12,
/// rules 1, 2 and 6). The loop adds, the publisher takes and removes, the writer tells what is on disk: one lock, nothing slow under it.
/// </summary>
internal sealed class EventOutbox
{
    /// <summary>Events on disk whose bytes stay in memory all the same; the rest is read when its turn comes.</summary>
    private const long CacheBytes = 1 << 20;

    private readonly Lock gate = new();
    private readonly Dictionary<string, OutboxLane> lanes = new(StringComparer.Ordinal);
    private readonly SortedSet<(long Key, string Machine)> ready = [];
    private readonly OutboxQueue checks = new();
    private readonly OutboxQueue superseded = new();
    private readonly OutboxQueue watchers = new();
    private readonly OutboxQueue lifecycle = new();
    private readonly OutboxQueue transitions = new();
    private readonly OutboxQueue states = new();
    private readonly SequenceSet pendingDrops = new();
    private readonly long[] pendingByKind = new long[EventKinds.Count];
    private readonly long[] dropped = new long[EventKinds.Count];
    private readonly long[] published = new long[EventKinds.Count];
    private readonly int maxEvents;
    private readonly long maxBytes;
    private long pendingLost;
    private int reports;
    private int events;
    private long bytes;
    private long cached;
    private long setAside;

    public EventOutbox(int maxEvents, long maxBytes)
    {
        this.maxEvents = maxEvents;
        this.maxBytes = maxBytes;
    }

    /// <summary>Called when something became ready to be sent; quick, on any thread.</summary>
    public Action? Woken { get; set; }

    public int Count
    {
        get
        {
            lock (gate) return events;
        }
    }

    public bool HasDrops
    {
        get
        {
            lock (gate) return HasDropsHeld;
        }
    }

    /// <summary>A report of drops is on disk and waits to be sent.</summary>
    public bool HasReport
    {
        get
        {
            lock (gate) return reports > 0;
        }
    }

    private bool HasDropsHeld => pendingLost > 0 || pendingByKind.AsSpan().ContainsAnyExcept(0L);

    private double FillHeld => Math.Max((double)events / maxEvents, (double)bytes / maxBytes);

    /// <summary>
    /// The oldest event on disk whose lane is free, or null; its lane is busy until <see cref="Free"/>. The lane with a report of drops goes first.
    /// </summary>
    public OutboxEntry? Take()
    {
        lock (gate)
        {
            if (ready.Count == 0) return null;
            var lane = lanes[ready.Min.Machine];
            var entry = lane.Head!;
            lane.Busy = true;
            SetReady(lane);
            entry.Attempts++;
            return entry;
        }
    }

    /// <summary>The lane may be served again.</summary>
    public void Free(OutboxLane lane)
    {
        lock (gate)
        {
            lane.Busy = false;
            SetReady(lane);
            if (lane.Head is null) lanes.Remove(lane.Machine);
        }
    }

    public StoreStatistics AddTo(StoreStatistics statistics)
    {
        lock (gate)
        {
            OutboxEntry? oldest = null;
            foreach (var queue in Queues())
            {
                if (queue.Head is { } head && (oldest is null || head.Sequence < oldest.Sequence)) oldest = head;
            }

            return statistics with
            {
                OutboxEvents = events,
                OutboxBytes = bytes,
                OutboxFill = FillHeld,
                OutboxOldest = oldest?.Time,
                Published = [.. published],
                Dropped = [.. dropped],
                SetAside = setAside,
            };
        }
    }

    /// <summary>An event of a new commit. Null when it is not queued; what has to go for it is in <paramref name="drops"/>.</summary>
    internal OutboxEntry? Add(StoredEvent item, List<OutboxDrop> drops)
    {
        lock (gate)
        {
            if (item.Routine && item.Kind == EventKind.Check && FillHeld >= 0.8)
            {
                Count1(item.Kind, item.Sequence);
                drops.Add(new OutboxDrop(item.Sequence, item.Kind, null));
                return null;
            }

            var entry = Insert(item.Sequence, item.Kind, item.Bytes.Length, item.Time, item.Machine, item.Report, fromJournal: false);
            entry.Event = item;
            if (item.Kind == EventKind.State && FillHeld >= 0.8) ReplaceOlder(entry, drops);
            // The report of drops does not cause one more.
            while (!item.Report && (events > maxEvents || bytes > maxBytes) && Victim() is { } victim) Drop(victim, drops);
            return entry;
        }
    }

    /// <summary>An event found in the journal.</summary>
    internal void AddFound(EventHead head, EventPosition position, Segment segment)
    {
        lock (gate)
        {
            var entry = Insert(head.Sequence, head.Kind, head.Size, head.Time, head.Machine, head.Report, fromJournal: true);
            Place(entry, segment, position);
            entry.Durable = true;
            if (entry.Report) reports++;
            SetReady(entry.Lane);
        }
    }

    /// <summary>Removes an event for good: acknowledged, or set aside.</summary>
    /// <returns>False when it was gone already.</returns>
    internal bool Remove(OutboxEntry entry, bool aside)
    {
        lock (gate)
        {
            if (entry.Removed) return false;
            if (aside) setAside++;
            else published[(int)entry.Kind]++;
            Unlink(entry);
            return true;
        }
    }

    /// <summary>Where the writer put it.</summary>
    internal void Written(OutboxEntry entry, Segment segment, EventPosition position)
    {
        lock (gate)
        {
            if (entry.Removed) return;
            Unplace(entry);
            Place(entry, segment, position);
        }
    }

    /// <summary>These are on disk now.</summary>
    internal void Synced(List<OutboxEntry> entries)
    {
        if (entries.Count == 0) return;
        lock (gate)
        {
            foreach (var entry in entries)
            {
                if (entry.Removed || entry.Durable) continue;
                entry.Durable = true;
                if (entry.Report) reports++;
                if (cached + entry.Size > CacheBytes) entry.Event = null;
                else if (entry.Event is not null) cached += entry.Size;
                SetReady(entry.Lane);
            }
        }

        Woken?.Invoke();
    }

    /// <summary>Where it is: the event itself, or its place in a segment.</summary>
    internal (StoredEvent? Event, Segment? Segment, EventPosition Position) Locate(OutboxEntry entry)
    {
        lock (gate) return (entry.Event, entry.Segment, entry.Position);
    }

    /// <summary>True while the writer has to keep it as an event to be sent.</summary>
    internal bool IsQueued(OutboxEntry entry)
    {
        lock (gate) return !entry.Removed;
    }

    /// <summary>Its bytes cannot be read: it is lost, and told as a drop is.</summary>
    internal void Lost(OutboxEntry entry, List<OutboxDrop> drops)
    {
        lock (gate)
        {
            if (!entry.Removed) Drop(entry, drops);
        }
    }

    /// <summary>Sequences that were lost with damaged records.</summary>
    internal void AddLost(DropReport report)
    {
        lock (gate)
        {
            pendingLost += report.Lost;
            for (int kind = 0; kind < EventKinds.Count; kind++) pendingByKind[kind] += report.ByKind[kind];
            pendingDrops.AddAll(report.Ranges);
        }
    }

    /// <summary>What is to be told; from now on it counts as told. Null when there is nothing.</summary>
    internal DropReport? TakeDrops()
    {
        lock (gate)
        {
            if (!HasDropsHeld) return null;
            var report = new DropReport { ByKind = [.. pendingByKind], Lost = pendingLost, Ranges = [.. pendingDrops.Ranges] };
            pendingDrops.Clear();
            Array.Clear(pendingByKind);
            pendingLost = 0;
            return report;
        }
    }

    /// <summary>Places of all events on disk, by sequence.</summary>
    internal List<EventPosition> Positions()
    {
        lock (gate)
        {
            var positions = new List<EventPosition>(events);
            foreach (var queue in Queues())
            {
                for (var entry = queue.Head; entry is not null; entry = entry.QueueNext)
                {
                    if (entry.Durable) positions.Add(entry.Position);
                }
            }

            positions.Sort(static (one, other) => one.Sequence.CompareTo(other.Sequence));
            return positions;
        }
    }

    /// <summary>The events whose bytes lie in one of these segments.</summary>
    internal List<OutboxEntry> In(IReadOnlyCollection<Segment> segments)
    {
        lock (gate)
        {
            var found = new List<OutboxEntry>();
            foreach (var queue in Queues())
            {
                for (var entry = queue.Head; entry is not null; entry = entry.QueueNext)
                {
                    if (entry.Durable && entry.Segment is { } segment && segments.Contains(segment)) found.Add(entry);
                }
            }

            found.Sort(static (one, other) => one.Sequence.CompareTo(other.Sequence));
            return found;
        }
    }

    /// <summary>How many events a segment still has to keep, and their bytes.</summary>
    internal (int Events, long Bytes) HeldBy(Segment segment)
    {
        lock (gate) return (segment.Unacknowledged, segment.UnacknowledgedBytes);
    }

    private OutboxQueue[] Queues() => [checks, superseded, watchers, lifecycle, transitions, states];

    private OutboxEntry Insert(long sequence, EventKind kind, int size, DateTimeOffset time, string machine, bool report, bool fromJournal)
    {
        if (!lanes.TryGetValue(machine, out var lane)) lanes.Add(machine, lane = new OutboxLane(machine));
        var entry = new OutboxEntry { Sequence = sequence, Kind = kind, Size = size, Time = time, Lane = lane, Report = report, FromJournal = fromJournal };
        entry.LanePrevious = lane.Tail;
        if (lane.Tail is { } tail) tail.LaneNext = entry;
        else lane.Head = entry;
        lane.Tail = entry;
        if (report) lane.Reports++;
        QueueOf(kind).Append(entry);
        if (kind == EventKind.State)
        {
            if (lane.LatestState is { } older)
            {
                states.Remove(older);
                superseded.Append(older);
                entry.PreviousState = older;
            }

            lane.LatestState = entry;
        }

        events++;
        bytes += size;
        return entry;
    }

    private OutboxQueue QueueOf(EventKind kind) => kind switch
    {
        EventKind.Check => checks,
        EventKind.State => states,
        EventKind.Watcher => watchers,
        EventKind.Lifecycle => lifecycle,
        _ => transitions,
    };

    /// <summary>
    /// The order of rule 6. Lifecycle events and the last state of a machine are not in it: the former go before transitions, the latter when nothing
    /// else is left, for the bound holds whatever comes.
    /// </summary>
    private OutboxEntry? Victim()
    {
        foreach (var queue in Queues())
        {
            for (var entry = queue.Head; entry is not null; entry = entry.QueueNext)
            {
                // What was sent once may be stored; what tells of drops is not dropped.
                if (entry.Attempts == 0 && !entry.Report) return entry;
            }
        }

        return null;
    }

    private void ReplaceOlder(OutboxEntry latest, List<OutboxDrop> drops)
    {
        var entry = latest.PreviousState;
        while (entry is not null)
        {
            var previous = entry.PreviousState;
            if (entry is { Removed: false, Attempts: 0 }) Drop(entry, drops);
            entry = previous;
        }
    }

    private void Drop(OutboxEntry entry, List<OutboxDrop> drops)
    {
        Count1(entry.Kind, entry.Sequence);
        drops.Add(new OutboxDrop(entry.Sequence, entry.Kind, entry.Durable ? entry.Position : null));
        Unlink(entry);
    }

    private void Count1(EventKind kind, long sequence)
    {
        dropped[(int)kind]++;
        pendingByKind[(int)kind]++;
        pendingDrops.Add(sequence);
    }

    private void Unlink(OutboxEntry entry)
    {
        var lane = entry.Lane;
        entry.Removed = true;
        if (entry.LanePrevious is { } previous) previous.LaneNext = entry.LaneNext;
        else lane.Head = entry.LaneNext;
        if (entry.LaneNext is { } next) next.LanePrevious = entry.LanePrevious;
        else lane.Tail = entry.LanePrevious;
        entry.Queue?.Remove(entry);
        if (lane.LatestState == entry) lane.LatestState = null;
        if (entry.Report)
        {
            lane.Reports--;
            if (entry.Durable) reports--;
        }

        if (entry.Durable && entry.Event is not null) cached -= entry.Size;
        entry.Event = null;
        entry.PreviousState = null;
        Unplace(entry);
        events--;
        bytes -= entry.Size;
        SetReady(lane);
        if (lane.Head is null && !lane.Busy) lanes.Remove(lane.Machine);
    }

    private static void Place(OutboxEntry entry, Segment segment, EventPosition position)
    {
        entry.Segment = segment;
        entry.Position = position;
        segment.Unacknowledged++;
        segment.UnacknowledgedBytes += position.Length;
    }

    private static void Unplace(OutboxEntry entry)
    {
        if (entry.Segment is not { } segment) return;
        segment.Unacknowledged--;
        segment.UnacknowledgedBytes -= entry.Position.Length;
        entry.Segment = null;
    }

    private void SetReady(OutboxLane lane)
    {
        long key = lane is { Busy: false, Head: { Durable: true } head } ? head.Sequence - (lane.Reports > 0 ? long.MaxValue / 2 : 0) : 0;
        if (key == lane.ReadyKey) return;
        if (lane.ReadyKey != 0) ready.Remove((lane.ReadyKey, lane.Machine));
        lane.ReadyKey = key;
        if (key != 0) ready.Add((key, lane.Machine));
    }
}

/// <summary>An event that left because the outbox was full.</summary>
/// <param name="Sequence">Of the event.</param>
/// <param name="Kind">Of the event.</param>
/// <param name="Position">Where it lies; null when it was not on disk. Until the drop is written, the journal still counts it as unacknowledged.</param>
internal readonly record struct OutboxDrop(long Sequence, EventKind Kind, EventPosition? Position);
