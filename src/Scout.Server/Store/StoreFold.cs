using Scout.Machines.Records;
using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>What the records up to now come to, without the outbox. Of the writer; snapshots are made from it.</summary>
internal sealed class StoreFold
{
    private readonly long[] droppedByKind = new long[EventKinds.Count];
    private readonly SequenceSet droppedRanges = new();
    private long lost;

    public Dictionary<string, MachineRecord> Machines { get; } = new(StringComparer.Ordinal);

    public RequestMemory Requests { get; } = new();

    /// <summary>Highest sequence of an event, written or dropped.</summary>
    public long LastSequence { get; set; }

    /// <summary>Dropped and not told yet.</summary>
    public DropReport Drops => new() { ByKind = [.. droppedByKind], Lost = lost, Ranges = [.. droppedRanges.Ranges] };

    public bool HasDrops => lost > 0 || droppedByKind.Any(static count => count > 0);

    /// <summary>A commit that is written.</summary>
    public void Apply(PendingCommit commit, DateTimeOffset now)
    {
        if (commit.Told) ClearDrops();
        if (commit.Found is { } found) AddDrops(found);
        foreach (string name in commit.Erased) Machines.Remove(name);
        foreach (var record in commit.Machines) Machines[record.Name] = record;
        foreach (var request in commit.Requests) Requests.Add(request, now);
        foreach (var item in commit.Events) LastSequence = Math.Max(LastSequence, item.Item.Sequence);
        foreach (var drop in commit.Drops)
        {
            droppedByKind[(int)drop.Kind]++;
            droppedRanges.Add(drop.Sequence);
            LastSequence = Math.Max(LastSequence, drop.Sequence);
        }
    }

    /// <summary>An entry read back, of the types that concern the fold.</summary>
    public void Apply(EntryType type, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        switch (type)
        {
            case EntryType.Machine:
                if (MachineRecordCodec.Read(body) is { } record) Machines[record.Name] = record;
                break;
            case EntryType.Erase:
                Machines.Remove(Entries.ReadErase(body));
                break;
            case EntryType.Request:
                Requests.Add(Entries.ReadRequest(body), now);
                break;
            case EntryType.Drop:
                var (report, told) = Entries.ReadDrop(body);
                if (told) ClearDrops();
                AddDrops(report);
                if (report.Ranges.Count > 0) LastSequence = Math.Max(LastSequence, report.Ranges[^1].Last);
                break;
            default:
                break;
        }
    }

    private void AddDrops(DropReport report)
    {
        for (int kind = 0; kind < EventKinds.Count; kind++) droppedByKind[kind] += report.ByKind[kind];
        lost += report.Lost;
        droppedRanges.AddAll(report.Ranges);
    }

    private void ClearDrops()
    {
        Array.Clear(droppedByKind);
        droppedRanges.Clear();
        lost = 0;
    }
}
