using Scout.Machines.Records;
using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>The fold up to a record as a file: <c>open</c>, machines, requests, drops not yet told, places of unacknowledged events, <c>end</c>.</summary>
internal static class SnapshotFile
{
    private const int RecordBytes = 256 << 10;

    /// <summary>The bytes of a snapshot.</summary>
    public static FieldWriter Encode(OpenEntry open, StoreFold fold, IReadOnlyList<EventPosition> positions)
    {
        var to = new FieldWriter(64 << 10);
        long number = 1;
        long entries = 1;
        int start = RecordFormat.Begin(to);
        Entries.Open(to, open);
        foreach (var record in fold.Machines.Values)
        {
            Next();
            int entry = Entries.Begin(to, EntryType.Machine);
            MachineRecordCodec.Write(to, record);
            to.End(entry);
        }

        foreach (var request in fold.Requests.All)
        {
            Next();
            Entries.Request(to, request);
        }

        if (fold.HasDrops)
        {
            Next();
            Entries.Drop(to, fold.Drops, told: false);
        }

        foreach (var position in positions)
        {
            Next();
            EventCodec.WritePosition(to, position);
        }

        Entries.End(to, entries);
        RecordFormat.End(to, start, number);
        return to;

        void Next()
        {
            entries++;
            if (to.Length - start < RecordBytes) return;
            RecordFormat.End(to, start, number++);
            start = RecordFormat.Begin(to);
        }
    }

    /// <summary>Temporary file, sync, rename, sync of the folder.</summary>
    public static void Write(IStoreFiles files, string folder, long last, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(folder, SegmentNames.Snapshot(last));
        string temporary = path + ".tmp";
        files.Delete(temporary);
        try
        {
            using var file = files.Create(temporary);
            file.Write(0, bytes);
            file.Sync();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Discard(files, temporary);
            throw;
        }

        files.Rename(temporary, path);
        files.SyncFolder(folder);
    }

    /// <summary>Null when it is not whole.</summary>
    public static LoadedSnapshot? Read(IStoreFiles files, string path, DateTimeOffset now)
    {
        using var file = files.Open(path);
        var scanner = new SegmentScanner(new WindowReader(file, file.Length));
        var fold = new StoreFold();
        var positions = new List<EventPosition>();
        OpenEntry? open = null;
        long entries = 0;
        long number = 0;
        long end = -1;
        while (true)
        {
            var found = scanner.Next();
            if (found == Found.End) break;
            if (found == Found.Damage || scanner.Number != ++number || end >= 0) return null;
            var reader = new EntryReader(scanner.Payload);
            while (reader.Next())
            {
                if (reader.Type == EntryType.End)
                {
                    end = Entries.ReadNumber(reader.Body);
                    continue;
                }

                entries++;
                if (reader.Type == EntryType.Open) open = Entries.ReadOpen(reader.Body);
                else if (reader.Type == EntryType.Position) positions.Add(EventCodec.ReadPosition(reader.Body));
                else fold.Apply(reader.Type, reader.Body, now);
            }
        }

        return open is null || end != entries ? null : new LoadedSnapshot(open, fold, positions);
    }

    private static void Discard(IStoreFiles files, string path)
    {
        try
        {
            files.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next opening removes it.
        }
    }
}

/// <summary>What was in a snapshot.</summary>
internal sealed record LoadedSnapshot(OpenEntry Open, StoreFold Fold, List<EventPosition> Positions);
