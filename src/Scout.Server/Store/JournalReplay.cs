using System.Globalization;
using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>The fold while records are read back at the opening.</summary>
internal sealed class JournalReplay
{
    private readonly Dictionary<long, FoundEvent> events = [];
    private readonly List<EventPosition> positions;
    private readonly HashSet<long> gone = [];
    private readonly SequenceSet known = SequenceSet.Exact();
    private readonly DateTimeOffset now;
    private long startNumber;
    private long firstSequence;

    public JournalReplay(LoadedSnapshot? snapshot, long covered, DateTimeOffset now)
    {
        this.now = now;
        Fold = snapshot?.Fold ?? new StoreFold();
        Open = snapshot?.Open;
        positions = snapshot?.Positions ?? [];
        firstSequence = Open?.NextSequence ?? 0;
        if (Open is { } open) Fold.LastSequence = Math.Max(Fold.LastSequence, open.NextSequence - 1);
        NextNumber = covered + 1;
        startNumber = NextNumber;
    }

    public StoreFold Fold { get; }

    /// <summary>The last <c>open</c> entry seen.</summary>
    public OpenEntry? Open { get; private set; }

    public bool AnyRecord { get; private set; }

    /// <summary>Number of the record expected next.</summary>
    public long NextNumber { get; private set; }

    /// <summary>Number of the last record that was read, also one that the snapshot has.</summary>
    public long LastRead { get; private set; }

    public long LostRecords { get; set; }

    public bool MayAppend { get; set; } = true;

    /// <summary>Events of the snapshot whose bytes could not be read.</summary>
    public int MissingPositions { get; private set; }

    /// <summary>The beginning of a segment: its first entry.</summary>
    public static void TakeOpen(ReadOnlySpan<byte> payload, Segment segment)
    {
        var reader = new EntryReader(payload);
        if (!reader.Next() || reader.Type != EntryType.Open || Entries.ReadOpen(reader.Body) is not { } open) return;
        segment.OpenedAt = open.At;
        segment.FirstSequence = open.NextSequence;
    }

    /// <summary>A whole record. Those that the snapshot has, and those written a second time, change nothing.</summary>
    public void Record(long number, ReadOnlySpan<byte> payload, long payloadOffset, Segment segment)
    {
        AnyRecord = true;
        LastRead = Math.Max(LastRead, number);
        if (number < NextNumber) return;
        NextNumber = number + 1;
        var reader = new EntryReader(payload);
        while (reader.Next())
        {
            switch (reader.Type)
            {
                case EntryType.Open:
                    if (Entries.ReadOpen(reader.Body) is { } open)
                    {
                        if (firstSequence == 0 && number == startNumber) firstSequence = open.NextSequence;
                        Open = open;
                        Fold.LastSequence = Math.Max(Fold.LastSequence, open.NextSequence - 1);
                    }

                    break;
                case EntryType.Event or EntryType.Audit:
                    Event(reader.Body, payloadOffset + reader.BodyOffset, segment);
                    break;
                case EntryType.Ack or EntryType.Aside:
                    foreach (var range in Entries.ReadSequences(reader.Body)) Remove(range);
                    break;
                case EntryType.Drop:
                    Fold.Apply(EntryType.Drop, reader.Body, now);
                    foreach (var range in Entries.ReadDrop(reader.Body).Report.Ranges)
                    {
                        known.Add(range);
                        Remove(range);
                    }

                    break;
                default:
                    Fold.Apply(reader.Type, reader.Body, now);
                    break;
            }
        }
    }

    /// <summary>The journal begins with this record: the ones before went by retention.</summary>
    public void Begin(long number)
    {
        NextNumber = number;
        startNumber = number;
    }

    /// <summary>The records before this one are missing.</summary>
    public void Skip(long number) => NextNumber = Math.Max(NextNumber, number);

    /// <summary>Puts what is unacknowledged into the outbox; returns the sequences whose bytes are gone.</summary>
    public SequenceSet FillOutbox(EventOutbox outbox, List<Segment> segments, IStoreFiles files)
    {
        var lost = SequenceSet.Exact();
        var byNumber = segments.ToDictionary(static segment => segment.First);
        using var reader = new EventFiles(files);
        foreach (var position in positions)
        {
            if (gone.Contains(position.Sequence) || events.ContainsKey(position.Sequence)) continue;
            if (byNumber.TryGetValue(position.Segment, out var segment) && reader.Read(segment.Path, position) is { } item)
            {
                events.Add(position.Sequence, new FoundEvent(EventHead.Of(item), position, segment));
                continue;
            }

            MissingPositions++;
            lost.Add(position.Sequence);
        }

        foreach (var found in events.Values.OrderBy(static found => found.Head.Sequence)) outbox.AddFound(found.Head, found.Position, found.Segment);
        events.Clear();
        return lost;
    }

    /// <summary>Sequences behind the snapshot that no record tells of.</summary>
    public IEnumerable<SequenceRange> Gaps()
    {
        long next = firstSequence > 0 ? firstSequence : startNumber > 1 && known.Ranges.Count > 0 ? known.Ranges[0].First : 1;
        foreach (var range in known.Ranges)
        {
            if (range.First > next) yield return new SequenceRange(next, range.First - 1);
            next = Math.Max(next, range.Last + 1);
        }

        if (next <= Fold.LastSequence) yield return new SequenceRange(next, Fold.LastSequence);
    }

    /// <summary>The sequence before the first event of a record, as text; empty when it has none.</summary>
    public static string UpTo(ReadOnlySpan<byte> payload)
    {
        var reader = new EntryReader(payload);
        while (reader.Next())
        {
            if (reader.Type is EntryType.Event or EntryType.Audit && EventCodec.TryHead(reader.Body, out var head)) return string.Create(CultureInfo.InvariantCulture, $" to {head.Sequence - 1}");
        }

        return " on";
    }

    public static string Words(SequenceSet set) =>
        string.Join(", ", set.Ranges.Take(10).Select(static range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}")) + (set.Ranges.Count > 10 ? ", ..." : "");

    private void Event(ReadOnlySpan<byte> body, long offset, Segment segment)
    {
        if (!EventCodec.TryHead(body, out var head)) return;
        known.Add(head.Sequence);
        Fold.LastSequence = Math.Max(Fold.LastSequence, head.Sequence);
        if (!head.Queued) return;
        gone.Remove(head.Sequence);
        events[head.Sequence] = new FoundEvent(head, new EventPosition(segment.First, offset, body.Length, Crc32C.Compute(body), head.Sequence), segment);
    }

    private void Remove(SequenceRange range)
    {
        // Ranges of acknowledgements are exact and short.
        for (long sequence = range.First; sequence <= range.Last && sequence - range.First <= 1_000_000; sequence++)
        {
            events.Remove(sequence);
            gone.Add(sequence);
        }
    }

    private readonly record struct FoundEvent(EventHead Head, EventPosition Position, Segment Segment);
}
