using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>
/// Appends records to the newest segment. Keeps what is written but not synced, so that it can be written again, under the same numbers, into a new
/// segment when a sync or a write failed. Of one thread.
/// </summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>A record is begun anew beyond this; one step of very many machines may need several.</summary>
    private const int RecordBytes = 8 << 20;

    private readonly IStoreFiles files;
    private readonly string folder;
    private readonly StoreIdentity identity;
    private readonly TimeProvider time;
    private readonly EventOutbox outbox;
    private readonly EventFiles events;
    private readonly FieldWriter tail = new(64 << 10);
    private readonly List<Placed> placed = [];
    private IStoreFile? file;
    private string? abandoned;
    private long tailNumber;
    private int tailWritten;
    private bool begun;

    public JournalWriter(IStoreFiles files, string folder, StoreIdentity identity, TimeProvider time, EventOutbox outbox, EventFiles events, long nextNumber)
    {
        this.files = files;
        this.folder = folder;
        this.identity = identity;
        this.time = time;
        this.outbox = outbox;
        this.events = events;
        NextNumber = nextNumber;
        tailNumber = nextNumber;
    }

    public long NextNumber { get; private set; }

    /// <summary>The segment that is written to; null when a new one has to be made.</summary>
    public Segment? Current { get; private set; }

    public bool HasUnsynced => tail.Length > 0;

    public int UnsyncedBytes => tail.Length;

    /// <summary>Goes on in a segment of an earlier life.</summary>
    public void Continue(Segment segment, IStoreFile open)
    {
        Current = segment;
        file = open;
    }

    /// <summary>Makes a segment when there is none, or the present one is full.</summary>
    /// <returns>The new one, or null.</returns>
    public Segment? EnsureSegment(long segmentBytes, long nextSequence)
    {
        if (Current is { } current && current.Length < segmentBytes) return null;
        if (Current is not null)
        {
            if (HasUnsynced) Sync();
            Close();
        }

        long first = tailNumber;
        string path = Path.Combine(folder, SegmentNames.Log(first));
        if (abandoned is not null)
        {
            // Nothing in it was ever on disk for certain, and its name may be needed.
            files.Delete(abandoned);
            abandoned = null;
        }

        var now = time.GetUtcNow();
        file = files.Create(path);
        abandoned = path;
        files.SyncFolder(folder);
        Current = new Segment(first, path) { OpenedAt = now, FirstSequence = nextSequence };
        begun = false;
        RewriteTail(identity.Entry(nextSequence, now));
        return Current;
    }

    /// <summary>Where to come back to when what follows fails.</summary>
    public WriterMark Mark() => new(tail.Length, NextNumber, begun);

    /// <summary>Encodes a commit as one record; as several only when it is larger than a record may be.</summary>
    public void Append(PendingCommit commit, long nextSequence)
    {
        int start = BeginRecord(commit.Opens, nextSequence);
        if (commit.Told) Entries.Drop(tail, DropReport.Empty, told: true);
        if (commit.Found is { } found) Entries.Drop(tail, found, told: false);
        if (commit.Drops.Count > 0) Entries.Drop(tail, Sum(commit.Drops), told: false);
        foreach (string name in commit.Erased) Entries.Erase(tail, name);
        foreach (var record in commit.Machines)
        {
            start = Split(start);
            int entry = Entries.Begin(tail, EntryType.Machine);
            MachineRecordCodec.Write(tail, record);
            tail.End(entry);
        }

        foreach (var item in commit.Events)
        {
            start = Split(start);
            var entry = item.Entry is { } one && outbox.IsQueued(one) ? one : null;
            WriteEvent(item.Item, entry, moved: false);
        }

        foreach (var entry in commit.Moves)
        {
            var (item, segment, position) = outbox.Locate(entry);
            if (segment is null) continue;
            item ??= events.Read(segment.Path, position);
            if (item is not null && outbox.IsQueued(entry)) WriteEvent(item, entry, moved: true);
        }

        foreach (var request in commit.Requests) Entries.Request(tail, request);
        EndRecord(start);
    }

    public void AppendAcknowledgements(SequenceSet acknowledged, IReadOnlyList<(long Sequence, string Reason)> aside)
    {
        int start = BeginRecord(opens: false, 0);
        if (acknowledged.Ranges.Count > 0) Entries.Ack(tail, acknowledged.Ranges);
        foreach (var (sequence, reason) in aside) Entries.Aside(tail, sequence, reason);
        EndRecord(start);
    }

    /// <summary>Hands everything encoded to the system.</summary>
    public void Write()
    {
        var rest = tail.Written[tailWritten..];
        if (rest.IsEmpty) return;
        file!.Write(Current!.Length, rest);
        Current.Length += rest.Length;
        tailWritten = tail.Length;
    }

    /// <summary>Puts everything written on disk.</summary>
    public void Sync()
    {
        Write();
        file!.Sync();
        abandoned = null;
        Current!.Synced = Current.Length;
        tail.Reset();
        tailWritten = 0;
        tailNumber = NextNumber;
    }

    /// <summary>Tells the outbox where the events of the batch lie.</summary>
    /// <returns>Those that may be sent now that they are synced.</returns>
    public List<OutboxEntry> Settle()
    {
        var entries = new List<OutboxEntry>(placed.Count);
        foreach (var one in placed)
        {
            outbox.Written(one.Entry, Current!, one.Position);
            entries.Add(one.Entry);
        }

        placed.Clear();
        return entries;
    }

    /// <summary>
    /// Forgets what was encoded since the mark, and leaves the file: what was written there before and not synced goes into the next one.
    /// </summary>
    public void Abandon(WriterMark mark)
    {
        placed.Clear();
        tail.Reset(Math.Min(tail.Length, mark.Tail));
        NextNumber = mark.Number;
        begun = mark.Begun;
        if (tail.Length == 0) tailNumber = NextNumber;
        if (Current is { Synced: > 0 } current) current.Length = current.Synced;
        Close();
        tailWritten = 0;
    }

    public void Dispose() => Close();

    private void Close()
    {
        file?.Dispose();
        file = null;
        Current = null;
    }

    private static DropReport Sum(List<OutboxDrop> drops)
    {
        var set = SequenceSet.Exact();
        long[] counts = new long[EventKinds.Count];
        foreach (var drop in drops)
        {
            set.Add(drop.Sequence);
            counts[(int)drop.Kind]++;
        }

        return new DropReport { ByKind = counts, Ranges = set.Ranges };
    }

    private int BeginRecord(bool opens, long nextSequence)
    {
        int start = RecordFormat.Begin(tail);
        if (opens || !begun) Entries.Open(tail, identity.Entry(nextSequence, time.GetUtcNow()));
        begun = true;
        SayUnsynced();
        return start;
    }

    /// <summary>
    /// Blocks of an unsynced file reach the disk in any order: a whole record behind a hole proves nothing. This tells damage to records that were on
    /// disk (it is stepped over) from a tail that never was (it is cut off, with what seems whole behind the hole).
    /// </summary>
    private void SayUnsynced()
    {
        if (NextNumber > tailNumber) Entries.Unsynced(tail, NextNumber - tailNumber);
    }

    // A commit may have nothing to write (a mere barrier, or events that were acknowledged meanwhile). A record without payload is none: the reader
    // would take it for damage, and what follows it in a tail that is written again would be left out.
    private void EndRecord(int start)
    {
        if (tail.Length == start + RecordFormat.HeaderBytes) tail.Reset(start);
        else RecordFormat.End(tail, start, NextNumber++);
    }

    private int Split(int start)
    {
        if (tail.Length - start < RecordBytes) return start;
        EndRecord(start);
        int next = RecordFormat.Begin(tail);
        SayUnsynced();
        return next;
    }

    private void WriteEvent(StoredEvent item, OutboxEntry? entry, bool moved)
    {
        int body = EventCodec.Write(tail, item, queued: entry is not null, moved);
        if (entry is null) return;
        uint sum = Crc32C.Compute(tail.Written[body..]);
        long offset = Current!.Length + body - tailWritten;
        placed.Add(new Placed(entry, new EventPosition(Current.First, offset, tail.Length - body, sum, item.Sequence)));
    }

    /// <summary>What is left from a segment that failed, with an <c>open</c> entry in front of its first record.</summary>
    private void RewriteTail(OpenEntry open)
    {
        if (tail.Length == 0) return;
        byte[] old = tail.Written.ToArray();
        tail.Reset();
        tailWritten = 0;
        int at = 0;
        while (at < old.Length && RecordFormat.TryHeader(old.AsSpan(at), out int size, out long number, out _))
        {
            int start = RecordFormat.Begin(tail);
            if (!begun) Entries.Open(tail, open);
            begun = true;
            tail.Raw(old.AsSpan(at + RecordFormat.HeaderBytes, size));
            RecordFormat.End(tail, start, number);
            at += RecordFormat.HeaderBytes + size;
        }
    }

    private readonly record struct Placed(OutboxEntry Entry, EventPosition Position);
}

/// <summary>A place in what the writer has encoded.</summary>
internal readonly record struct WriterMark(int Tail, long Number, bool Begun);
