using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>Searches the segments for events. Reads files of its own, so any thread.</summary>
internal static class HistoryReader
{
    /// <summary>More than this in one answer is cut, whatever the limit.</summary>
    private const long MaxBytes = 8 << 20;

    /// <summary>How far the wall clock may have been set back before events are overlooked: segments are passed over by the time of their making.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromHours(1);

    public static HistoryPage Read(IReadOnlyList<Segment> segments, IStoreFiles files, HistoryQuery query)
    {
        int limit = Math.Clamp(query.Limit, 1, 1_000);
        return query.After is { } after ? Forward(segments, files, query, after, limit) : Newest(segments, files, query, limit);
    }

    private static HistoryPage Forward(IReadOnlyList<Segment> segments, IStoreFiles files, HistoryQuery query, long after, int limit)
    {
        var found = new SortedDictionary<long, StoredEvent>();
        for (int i = 0; i < segments.Count; i++)
        {
            bool tooOld = i + 1 < segments.Count && (segments[i + 1].FirstSequence <= after + 1 || IsBefore(segments[i + 1], query));
            if (tooOld) continue;
            foreach (var item in Scan(segments[i], files, query, after)) found.TryAdd(item.Sequence, item);
            if (found.Count > limit) break;
        }

        return new HistoryPage([.. found.Values.Take(limit)], found.Count > limit);
    }

    private static HistoryPage Newest(IReadOnlyList<Segment> segments, IStoreFiles files, HistoryQuery query, int limit)
    {
        var found = new SortedDictionary<long, StoredEvent>();
        long bytes = 0;
        bool truncated = false;
        for (int i = segments.Count - 1; i >= 0 && !truncated; i--)
        {
            if (i + 1 < segments.Count && IsBefore(segments[i + 1], query)) break;
            foreach (var item in Scan(segments[i], files, query, 0))
            {
                if (!found.TryAdd(item.Sequence, item)) continue;
                bytes += item.Bytes.Length;
                while (found.Count > limit || bytes > MaxBytes)
                {
                    var oldest = found.First();
                    bytes -= oldest.Value.Bytes.Length;
                    found.Remove(oldest.Key);
                    truncated = true;
                }
            }
        }

        return new HistoryPage([.. found.Values], truncated);
    }

    private static bool IsBefore(Segment next, HistoryQuery query) => query.Since is { } since && since - next.OpenedAt > ClockSlack;

    private static List<StoredEvent> Scan(Segment segment, IStoreFiles files, HistoryQuery query, long after)
    {
        var found = new List<StoredEvent>();
        try
        {
            using var file = files.Open(segment.Path);
            var scanner = new SegmentScanner(new WindowReader(file, Math.Min(file.Length, segment.Synced)));
            int limit = query.After is null ? int.MaxValue : Math.Clamp(query.Limit, 1, 1_000) + 1;
            for (var next = scanner.Next(); next != Found.End && found.Count < limit; next = scanner.Next())
            {
                if (next == Found.Record) Take(scanner.Payload, query, after, found);
                if (query.After is null && found.Count > 4_096) found.RemoveRange(0, found.Count - 1_024);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It went by retention meanwhile, or cannot be read: the history is what is left.
        }

        return found;
    }

    private static bool IsAbout(in EventHead row, Func<string, bool> wanted) =>
        row.Audits is { } names && names.Exists(name => name == StoredEvent.AnyMachine || wanted(name));

    private static void Take(ReadOnlySpan<byte> payload, HistoryQuery query, long after, List<StoredEvent> into)
    {
        var reader = new EntryReader(payload);
        while (reader.Next())
        {
            bool audit = reader.Type == EntryType.Audit;
            if (!(audit || reader.Type == EntryType.Event) || !EventCodec.TryHead(reader.Body, out var head) || head.Sequence <= after) continue;
            bool kind = query.Kinds.Count == 0 ? !query.Audit : query.Kinds.Contains(head.Kind);
            if (!kind && !(audit && query.Audit)) continue;
            if (head.Time < query.Since || head.Time > query.Until) continue;
            if (query.Machine is { } wanted && !wanted(head.Machine) && !(audit && IsAbout(head, wanted))) continue;
            if (EventCodec.Read(reader.Body, out _) is { } item) into.Add(item);
        }
    }
}
