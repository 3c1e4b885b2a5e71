using System.Globalization;
using Microsoft.Extensions.Logging;
using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>
/// Opens what an earlier life left: the newest whole snapshot, then every record behind it; mends what must be mended and says so (server.md
/// section 4, "Opening").
/// </summary>
internal sealed class StoreOpener
{
    /// <summary>So much higher the counter of events goes on after damage: records may be gone that were sent.</summary>
    public const int SequenceJump = 1_000;

    private const int CorruptSetsKept = 3;

    /// <summary>A file that holds not one record is a torn first write up to this size; a larger one is kept for people to look at.</summary>
    private const int KeptWreckBytes = 64 << 10;

    private readonly NodeStoreOptions options;
    private readonly IStoreFiles files;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly string folder;
    private readonly List<StoreRepair> repairs = [];
    private readonly List<Segment> segments = [];
    private readonly List<long> snapshots = [];

    private StoreOpener(NodeStoreOptions options, IStoreFiles files, TimeProvider time, ILogger log)
    {
        this.options = options;
        this.files = files;
        this.time = time;
        this.log = log;
        folder = Path.Combine(options.DataFolder, "journal");
    }

    public static OpenedStore Open(NodeStoreOptions options, IStoreFiles files, TimeProvider time, ILogger log)
    {
        try
        {
            return new StoreOpener(options, files, time, log).Run();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreProblem.Unusable, $"{Path.Combine(options.DataFolder, "journal")}: {error.Message}", error);
        }
    }

    private OpenedStore Run()
    {
        files.MakeFolder(options.DataFolder);
        files.MakeFolder(folder);
        var names = files.List(folder);
        foreach (var name in names.Where(static name => name.Name.EndsWith(".tmp", StringComparison.Ordinal))) files.Delete(Path.Combine(folder, name.Name));
        foreach (var name in names)
        {
            if (SegmentNames.Number(name.Name, ".log") is { } first) segments.Add(new Segment(first, Path.Combine(folder, name.Name)) { Length = name.Bytes });
            if (SegmentNames.Number(name.Name, ".snap") is { } last) snapshots.Add(last);
        }

        segments.Sort(static (one, other) => one.First.CompareTo(other.First));
        snapshots.Sort();
        bool anything = segments.Any(static segment => segment.Length > 0) || snapshots.Count > 0;
        var snapshot = LoadSnapshot();
        long covered = snapshot is null ? 0 : snapshots[^1];
        var replay = new JournalReplay(snapshot, covered, time.GetUtcNow());
        if (snapshot is null && segments.Count > 0) replay.Begin(segments[0].First);
        ReadSegments(replay, covered);
        if (replay.Open is not { } open)
        {
            if (anything && !replay.AnyRecord) SetAside();
            else if (replay.AnyRecord) return Finish(replay, NewIdentity(), isNew: false, bootChanged: false);
            return Finish(new JournalReplay(null, 0, time.GetUtcNow()), NewIdentity(), isNew: true, bootChanged: false);
        }

        if (open.Format > Entries.Format)
        {
            throw new StoreException(
                StoreProblem.NewerFormat, $"{folder} was written by a newer version ({open.Product}, format {open.Format}); run that version, or give another --data");
        }

        if (open.Node != options.Node)
        {
            throw new StoreException(StoreProblem.ForeignNode, $"{options.DataFolder} belongs to {open.Node}; give --node {open.Node} or another --data");
        }

        var identity = new StoreIdentity(options.Node, open.Epoch, options.ProductVersion, options.BootId);
        bool boot = open.BootId.Length > 0 && options.BootId.Length > 0 && open.BootId != options.BootId;
        return Finish(replay, identity, isNew: false, boot);
    }

    private StoreIdentity NewIdentity() => new(options.Node, time.GetUtcNow().ToUnixTimeSeconds(), options.ProductVersion, options.BootId);

    private LoadedSnapshot? LoadSnapshot()
    {
        while (snapshots.Count > 0)
        {
            string name = SegmentNames.Snapshot(snapshots[^1]);
            if (SnapshotFile.Read(files, Path.Combine(folder, name), time.GetUtcNow()) is { } whole) return whole;
            Repair(RepairKind.Snapshot, $"journal/{name}: the snapshot is damaged; set aside as {SetAside(name)}, an older one or the journal serves");
            snapshots.RemoveAt(snapshots.Count - 1);
        }

        return null;
    }

    private void ReadSegments(JournalReplay replay, long covered)
    {
        // Everything before the segment that holds the next record is in the snapshot.
        int from = covered == 0 ? 0 : Math.Max(0, segments.FindLastIndex(segment => segment.First <= covered + 1));
        for (int i = 0; i < from; i++) ReadBeginning(segments[i]);
        for (int i = from; i < segments.Count; i++)
        {
            long before = i + 1 < segments.Count ? segments[i + 1].First : long.MaxValue;
            var outcome = ReadSegment(replay, segments[i], before);
            if (outcome == SegmentEnd.Useless)
            {
                segments.RemoveAt(i);
                i--;
            }
        }

        foreach (var segment in segments) segment.Synced = segment.Length;
    }

    /// <summary>When it was begun, and with which sequence.</summary>
    private void ReadBeginning(Segment segment)
    {
        using var file = files.Open(segment.Path);
        var scanner = new SegmentScanner(new WindowReader(file, segment.Length));
        if (scanner.Next() == Found.Record) JournalReplay.TakeOpen(scanner.Payload, segment);
    }

    private SegmentEnd ReadSegment(JournalReplay replay, Segment segment, long before)
    {
        bool last = before == long.MaxValue;
        string name = Path.GetFileName(segment.Path);
        if (segment.Length == 0)
        {
            files.Delete(segment.Path);
            if (last) Repair(RepairKind.Torn, $"journal/{name}: it is empty; records from {replay.NextNumber} on, sequences from {replay.Fold.LastSequence + 1} on, if there were any");
            return SegmentEnd.Useless;
        }

        using var file = files.Open(segment.Path);
        var scanner = new SegmentScanner(new WindowReader(file, segment.Length));
        long damageAt = -1;
        long damageBytes = 0;
        long end = 0;
        bool any = false;
        for (var found = scanner.Next(); found != Found.End; found = scanner.Next())
        {
            if (found == Found.Damage)
            {
                if (damageAt < 0) damageAt = scanner.Offset;
                damageBytes = scanner.Offset + scanner.Bytes - damageAt;
                continue;
            }

            if (scanner.Number >= before) break;
            if (last && damageAt >= 0 && scanner.Number > replay.NextNumber)
            {
                long proven = ProvenSynced(segment);
                if (proven < scanner.Number - 1)
                {
                    if (proven >= replay.NextNumber) Damaged(replay, name, damageAt, damageBytes, proven + 1, []);
                    replay.Skip(proven + 1);
                    break;
                }
            }

            if (!any) JournalReplay.TakeOpen(scanner.Payload, segment);
            any = true;
            if (damageAt >= 0 || scanner.Number > replay.NextNumber) Damaged(replay, name, damageAt, damageBytes, scanner.Number, scanner.Payload);
            damageAt = -1;
            replay.Record(scanner.Number, scanner.Payload, scanner.PayloadOffset, segment);
            end = scanner.Offset + scanner.Bytes;
        }

        if (damageAt < 0)
        {
            segment.Length = end;
            return any ? SegmentEnd.Good : SegmentEnd.Useless;
        }

        if (last) return Torn(replay, segment, file, damageAt, any);

        // What a failed write left behind is no loss when the next segment goes on with the very next record.
        segment.Length = end;
        if (before > replay.NextNumber)
        {
            Damaged(replay, name, damageAt, damageBytes, before, []);
            replay.Skip(before);
        }

        if (any) return SegmentEnd.Good;
        SetAside(name);
        return SegmentEnd.Useless;
    }

    /// <summary>The highest record that a later whole one knows to have been on disk.</summary>
    private long ProvenSynced(Segment segment)
    {
        using var file = files.Open(segment.Path);
        var scanner = new SegmentScanner(new WindowReader(file, segment.Length));
        long proven = 0;
        for (var found = scanner.Next(); found != Found.End; found = scanner.Next())
        {
            if (found != Found.Record) continue;
            long unsynced = 0;
            var reader = new EntryReader(scanner.Payload);
            while (reader.Next())
            {
                if (reader.Type == EntryType.Unsynced) unsynced = Math.Max(0, Entries.ReadNumber(reader.Body));
            }

            proven = Math.Max(proven, scanner.Number - 1 - unsynced);
        }

        return proven;
    }

    private SegmentEnd Torn(JournalReplay replay, Segment segment, IStoreFile file, long at, bool any)
    {
        string name = Path.GetFileName(segment.Path);
        if (!any && !replay.AnyRecord && replay.Open is null) return SegmentEnd.Useless;
        Repair(
            RepairKind.Torn,
            $"journal/{name}: torn tail at offset {at}, {segment.Length - at} bytes cut off, records from {replay.NextNumber} on, sequences from {replay.Fold.LastSequence + 1} on");
        if (!any)
        {
            if (segment.Length > KeptWreckBytes) SetAside(name);
            else files.Delete(segment.Path);
            return SegmentEnd.Useless;
        }

        segment.Length = at;
        try
        {
            file.Truncate(at);
            file.Sync();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A full or read-only disk ends nothing: a new segment takes over, and this tail is passed over again next time.
            replay.MayAppend = false;
        }

        return SegmentEnd.Good;
    }

    private void Damaged(JournalReplay replay, string name, long offset, long bytes, long next, ReadOnlySpan<byte> payload)
    {
        long first = replay.NextNumber;
        if (next <= first) return;
        replay.LostRecords += next - first;
        string where = offset >= 0 ? $"damage at offset {offset}, {bytes} bytes" : "records are missing";
        string sequences = string.Create(CultureInfo.InvariantCulture, $"sequences from {replay.Fold.LastSequence + 1}{JournalReplay.UpTo(payload)}");
        Repair(RepairKind.Damaged, $"journal/{name}: {where}; records {first} to {next - 1} are lost, {sequences}");
    }

    private OpenedStore Finish(JournalReplay replay, StoreIdentity identity, bool isNew, bool bootChanged)
    {
        var outbox = new EventOutbox(options.MaxEvents, options.MaxBytes);
        long lastNumber = Math.Max(replay.NextNumber - 1, snapshots.Count > 0 ? snapshots[^1] : 0);
        var lost = replay.FillOutbox(outbox, segments, files);
        if (replay.MissingPositions > 0)
        {
            Repair(RepairKind.Damaged, $"journal: {replay.MissingPositions} events of the outbox cannot be read any more, sequences {JournalReplay.Words(lost)}");
        }

        if (replay.LostRecords > 0)
        {
            lost.AddAll(replay.Gaps());
            long next = replay.Fold.LastSequence + 1;
            lost.Add(new SequenceRange(next, next + SequenceJump - 1));
            replay.Fold.LastSequence = next + SequenceJump - 1;
        }

        DropReport? found = null;
        if (lost.Ranges.Count > 0)
        {
            found = new DropReport { Lost = lost.Ranges.Sum(static range => range.Last - range.First + 1), Ranges = [.. lost.Ranges] };
        }

        if (options.Publishes)
        {
            outbox.AddLost(replay.Fold.Drops);
            if (found is not null) outbox.AddLost(found);
        }

        bool append = replay.MayAppend && repairs.TrueForAll(static repair => repair.Kind == RepairKind.Torn) && segments.Count > 0 && replay.LastRead == lastNumber;
        return new OpenedStore
        {
            Folder = folder,
            Identity = identity,
            Fold = replay.Fold,
            Outbox = outbox,
            Segments = segments,
            Snapshots = snapshots,
            LastNumber = lastNumber,
            Append = append,
            Found = found,
            Repairs = repairs,
            LostRecords = replay.LostRecords,
            IsNew = isNew,
            BootChanged = bootChanged,
        };
    }

    /// <summary>Nothing can be read: all of it is kept out of the way, never deleted while it is among the newest three sets.</summary>
    private void SetAside()
    {
        var names = files.List(folder);
        string set = "." + time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) + ".corrupt";
        foreach (var name in names)
        {
            if (SegmentNames.Number(name.Name, ".log") is null && SegmentNames.Number(name.Name, ".snap") is null) continue;
            files.Rename(Path.Combine(folder, name.Name), Path.Combine(folder, name.Name + set));
        }

        segments.Clear();
        snapshots.Clear();
        Repair(RepairKind.Corrupt, $"journal: nothing in it can be read; its files are kept as *{set}, a new store begins and machines start as at first sight");
        ForgetOldSets();
    }

    private string SetAside(string name)
    {
        string to = $"{name}.{time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}.corrupt";
        files.Rename(Path.Combine(folder, name), Path.Combine(folder, to));
        ForgetOldSets();
        return to;
    }

    private void ForgetOldSets()
    {
        var sets = files.List(folder).Where(static name => name.Name.EndsWith(".corrupt", StringComparison.Ordinal))
            .GroupBy(static name => name.Name.Split('.')[^2], StringComparer.Ordinal)
            .OrderByDescending(static set => set.Key.Length).ThenByDescending(static set => set.Key, StringComparer.Ordinal);
        foreach (var name in sets.Skip(CorruptSetsKept).SelectMany(static set => set)) files.Delete(Path.Combine(folder, name.Name));
    }

    private void Repair(RepairKind kind, string line)
    {
        repairs.Add(new StoreRepair(kind, line));
        if (kind == RepairKind.Torn) StoreLog.Torn(log, line);
        else StoreLog.Repaired(log, line);
    }

    private enum SegmentEnd
    {
        Good,
        Useless,
    }
}

/// <summary>What the opening came to.</summary>
internal sealed record OpenedStore
{
    public required string Folder { get; init; }

    public required StoreIdentity Identity { get; init; }

    public required StoreFold Fold { get; init; }

    public required EventOutbox Outbox { get; init; }

    /// <summary>By first record.</summary>
    public required List<Segment> Segments { get; init; }

    /// <summary>Numbers of the whole snapshots, rising.</summary>
    public required List<long> Snapshots { get; init; }

    public required long LastNumber { get; init; }

    /// <summary>The last segment may be continued.</summary>
    public required bool Append { get; init; }

    /// <summary>Sequences that are lost, to be told.</summary>
    public required DropReport? Found { get; init; }

    public required List<StoreRepair> Repairs { get; init; }

    public required long LostRecords { get; init; }

    public required bool IsNew { get; init; }

    public required bool BootChanged { get; init; }
}
