using Microsoft.Extensions.Logging;
using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>The files of the journal: when a snapshot is due, which segments may go, what has to be moved so that they can (server.md section 4).</summary>
internal sealed class StoreSegments
{
    /// <summary>More segments than this, held by few events, are not worth their disk.</summary>
    private const int HeldSegments = 4;

    private const long MoveBytes = 4 << 20;

    private readonly Lock gate = new();
    private readonly NodeStoreOptions options;
    private readonly IStoreFiles files;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly StoreIdentity identity;
    private readonly StoreQueue queue;
    private readonly string folder;
    private readonly bool background;
    private readonly List<Segment> all;
    private readonly List<long> snapshots;
    private readonly Dictionary<long, long> snapshotBytes = [];
    private readonly object arrival = new();
    private SnapshotResult? arrived;
    private bool running;
    private long sinceSnapshot;
    private long failedAt;
    private bool failed;
    private bool wanted;
    private bool changed = true;
    private bool moving;
    private long lastLook;

    public StoreSegments(NodeStoreOptions options, IStoreFiles files, TimeProvider time, ILogger log, OpenedStore opened, StoreQueue queue, bool background)
    {
        this.options = options;
        this.files = files;
        this.time = time;
        this.log = log;
        this.queue = queue;
        this.background = background;
        folder = opened.Folder;
        identity = opened.Identity;
        all = [.. opened.Segments];
        snapshots = [.. opened.Snapshots];
        foreach (long last in snapshots) snapshotBytes[last] = 0;
        foreach (var name in files.List(folder))
        {
            if (SegmentNames.Number(name.Name, ".snap") is { } last && snapshotBytes.ContainsKey(last)) snapshotBytes[last] = name.Bytes;
        }

        long covered = snapshots.Count > 0 ? snapshots[^1] : 0;
        sinceSnapshot = all.Where((_, i) => i + 1 >= all.Count || all[i + 1].First > covered + 1).Sum(static segment => segment.Length);
        // What was mended is not mended again at the next opening.
        wanted = opened.Repairs.Exists(static repair => repair.Kind is RepairKind.Damaged or RepairKind.Snapshot);
    }

    public long SnapshotFailures { get; private set; }

    public long Bytes
    {
        get
        {
            lock (gate) return all.Sum(static segment => segment.Length) + snapshotBytes.Values.Sum();
        }
    }

    public IReadOnlyList<Segment> All()
    {
        lock (gate) return [.. all];
    }

    public void Add(Segment segment)
    {
        lock (gate) all.Add(segment);
        changed = true;
    }

    public void Wrote(long bytes) => sinceSnapshot += bytes;

    public bool WantsSnapshot(long last)
    {
        if (running || last < 1 || (snapshots.Count > 0 && snapshots[^1] >= last)) return false;
        if (!wanted && sinceSnapshot < 2 * options.SegmentBytes) return false;
        return !failed || time.GetElapsedTime(failedAt) >= TimeSpan.FromSeconds(30);
    }

    /// <summary>All records up to <paramref name="last"/> are on disk, and folded.</summary>
    public void Snapshot(long last, StoreFold fold)
    {
        var to = Encode(fold);
        sinceSnapshot = 0;
        wanted = false;
        running = true;
        if (background) ThreadPool.UnsafeQueueUserWorkItem(_ => Write(last, to), null);
        else Write(last, to);
        TakeFinished();
    }

    public void SnapshotAtStop(long last, StoreFold fold)
    {
        if (last < 1 || (snapshots.Count > 0 && snapshots[^1] >= last)) return;
        running = true;
        Write(last, Encode(fold));
        TakeFinished();
    }

    /// <summary>At the stop.</summary>
    public void WaitForSnapshot()
    {
        lock (arrival)
        {
            while (running && arrived is null) Monitor.Wait(arrival);
        }
    }

    /// <summary>Notes a snapshot that is done, lets the third go.</summary>
    public void TakeFinished()
    {
        if (!running) return;
        SnapshotResult? done;
        lock (arrival)
        {
            done = arrived;
            arrived = null;
        }

        if (done is null) return;
        running = false;
        var (last, bytes, error) = done;
        if (error is not null)
        {
            SnapshotFailures++;
            failed = true;
            failedAt = time.GetTimestamp();
            wanted = true;
            StoreLog.SnapshotFailed(log, error);
            return;
        }

        failed = false;
        changed = true;
        snapshots.Add(last);
        lock (gate) snapshotBytes[last] = bytes;
        while (snapshots.Count > 2 && Delete(Path.Combine(folder, SegmentNames.Snapshot(snapshots[0]))))
        {
            lock (gate) snapshotBytes.Remove(snapshots[0]);
            snapshots.RemoveAt(0);
        }
    }

    /// <summary>Deletes from the oldest end what nobody needs; moves a few old events that hold much.</summary>
    public void Retain(EventOutbox outbox, Segment? current)
    {
        // Acknowledgements and age change what may go without a file being added: a look now and then is enough.
        if (!changed && time.GetElapsedTime(lastLook) < TimeSpan.FromSeconds(30)) return;
        changed = false;
        lastLook = time.GetTimestamp();
        if (snapshots.Count < 2) return;
        var passed = Passed(current);
        int gone = 0;
        while (gone < passed.Count && outbox.HeldBy(passed[gone]).Events == 0)
        {
            if (!Delete(passed[gone].Path)) return;
            lock (gate) all.RemoveAt(0);
            gone++;
        }

        Move(passed[gone..], outbox);
    }

    /// <summary>Segments that only an unacknowledged event can hold.</summary>
    private List<Segment> Passed(Segment? current)
    {
        var passed = new List<Segment>();
        var now = time.GetUtcNow();
        long newer = all.Sum(static segment => segment.Length);
        for (int i = 0; i + 1 < all.Count && all[i] != current; i++)
        {
            newer -= all[i].Length;
            bool covered = all[i + 1].First - 1 <= snapshots[^2];
            bool old = now - all[i + 1].OpenedAt > options.HistoryAge || newer >= options.HistoryBytes;
            if (!covered || !old) break;
            passed.Add(all[i]);
        }

        return passed;
    }

    private void Move(List<Segment> held, EventOutbox outbox)
    {
        if (moving || held.Count <= HeldSegments) return;
        long needed = held.Sum(segment => outbox.HeldBy(segment).Bytes);
        if (needed > held.Sum(static segment => segment.Length) / 4) return;
        var entries = new List<OutboxEntry>();
        long bytes = 0;
        foreach (var entry in outbox.In(held))
        {
            bytes += entry.Size + 200;
            if (bytes > MoveBytes) break;
            entries.Add(entry);
        }

        if (entries.Count == 0) return;
        moving = true;
        var pending = new PendingCommit { Moves = entries, Sync = true, Bytes = bytes };
        pending.WhenDone(state =>
        {
            if (state != CommitState.Done) return;
            moving = false;
            changed = true;
        });
        queue.Move(pending);
    }

    private FieldWriter Encode(StoreFold fold)
    {
        fold.Requests.Prune(time.GetUtcNow());
        return SnapshotFile.Encode(identity.Entry(fold.LastSequence + 1, time.GetUtcNow()), fold, queue.PositionsForSnapshot());
    }

    private void Write(long last, FieldWriter bytes)
    {
        string? error = null;
        try
        {
            SnapshotFile.Write(files, folder, last, bytes.Written);
        }
        catch (Exception problem)
        {
            error = problem.Message;
        }

        lock (arrival)
        {
            arrived = new SnapshotResult(last, bytes.Length, error);
            Monitor.Pulse(arrival);
        }
    }

    private bool Delete(string path)
    {
        try
        {
            files.Delete(path);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            StoreLog.NotDeleted(log, error.Message);
            return false;
        }
    }

    private sealed record SnapshotResult(long Last, long Bytes, string? Error);
}
