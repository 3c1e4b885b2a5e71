using Microsoft.Extensions.Logging;

namespace Scout.Server.Store;

/// <summary>
/// The writer: each round takes what waits, writes it in one go, syncs when somebody waits for the disk, and tells who waited. One thread, or the
/// test itself.
/// </summary>
internal sealed class StorePump : IDisposable
{
    private const long BatchBytes = 8 << 20;
    // What was not synced is kept in memory, to be written again when a sync fails: so at a hundred checks a second it is synced every 10 s.
    private const int UnsyncedBytes = 256 << 10;

    private readonly NodeStoreOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly StoreQueue queue;
    private readonly EventOutbox outbox;
    private readonly StoreFold fold;
    private readonly JournalWriter writer;
    private readonly StoreSegments segments;
    private readonly long[] repairs = new long[4];
    private readonly long lostRecords;
    private readonly IStoreFiles files;
    private volatile string? degraded;
    private long degradedSince;
    private long lastTry;
    private long commits;
    private long durable;
    private bool begun;
    private TaskCompletionSource pulse = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StorePump(
        NodeStoreOptions options, IStoreFiles files, TimeProvider time, ILogger log, OpenedStore opened, StoreQueue queue, EventFiles events, bool threaded)
    {
        this.options = options;
        this.files = files;
        this.time = time;
        this.log = log;
        this.queue = queue;
        outbox = opened.Outbox;
        fold = opened.Fold;
        lostRecords = opened.LostRecords;
        durable = fold.LastSequence;
        foreach (var repair in opened.Repairs) repairs[(int)repair.Kind]++;
        writer = new JournalWriter(files, opened.Folder, opened.Identity, time, outbox, events, opened.LastNumber + 1);
        segments = new StoreSegments(options, files, time, log, opened, queue, threaded);
    }

    public string? DegradedReason => degraded;

    /// <summary>Highest sequence that is on disk.</summary>
    public long DurableSequence => Interlocked.Read(ref durable);

    public Action? HealthChanged { get; set; }

    public Action<TimeSpan>? Synced { get; set; }

    /// <summary>First record of this life: who writes now, and what was found lost.</summary>
    public void Begin(OpenedStore opened)
    {
        if (opened.Append)
        {
            try
            {
                writer.Continue(opened.Segments[^1], files.Open(opened.Segments[^1].Path));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Then a new segment is begun.
            }
        }

        queue.AddFirst(new PendingCommit { Opens = true, Sync = true, Found = opened.Found });
    }

    public IReadOnlyList<Segment> Segments() => segments.All();

    /// <summary>Completes at the next event on disk.</summary>
    public Task NextPulse() => Volatile.Read(ref pulse).Task;

    public StoreStatistics Statistics() => new()
    {
        Degraded = degraded is not null,
        HeldBytes = queue.HeldBytes,
        HeldDropped = queue.Dropped,
        Commits = Interlocked.Read(ref commits),
        Repairs = [.. repairs],
        LostRecords = lostRecords,
        Bytes = segments.Bytes,
        SnapshotFailures = segments.SnapshotFailures,
    };

    /// <summary>Writes what waits. While degraded a try a second is enough.</summary>
    /// <param name="force">Also when the last try was a moment ago.</param>
    public void Round(bool force = false)
    {
        if (degraded is not null && !force && time.GetElapsedTime(lastTry) < TimeSpan.FromSeconds(1)) return;
        bool more = true;
        while (more)
        {
            var batch = queue.Gather(BatchBytes);
            if (batch.IsEmpty && degraded is null) break;
            more = Write(batch) && batch.More;
        }

        if (degraded is not null) return;
        segments.TakeFinished();
        if (segments.WantsSnapshot(writer.NextNumber - 1) && SyncRest()) segments.Snapshot(writer.NextNumber - 1, fold);
        segments.Retain(outbox, writer.Current);
    }

    /// <summary>Last commits and a snapshot; after that nothing is written any more.</summary>
    public void Close()
    {
        Round(force: true);
        segments.WaitForSnapshot();
        segments.TakeFinished();
        if (degraded is null && SyncRest()) segments.SnapshotAtStop(writer.NextNumber - 1, fold);
        writer.Dispose();
        var left = queue.Gather(long.MaxValue);
        queue.Failed(left);
    }

    public void Dispose() => writer.Dispose();

    private bool Write(StoreBatch batch)
    {
        lastTry = time.GetTimestamp();
        var mark = writer.Mark();
        List<OutboxEntry> placed;
        bool sync;
        try
        {
            long next = fold.LastSequence + 1;
            var made = writer.EnsureSegment(options.SegmentBytes, next);
            mark = writer.Mark();
            foreach (var commit in batch.Commits)
            {
                writer.Append(commit, next);
                foreach (var item in commit.Events) next = Math.Max(next, item.Item.Sequence + 1);
            }

            if (batch.Acknowledged.Ranges.Count > 0 || batch.Aside.Count > 0) writer.AppendAcknowledgements(batch.Acknowledged, batch.Aside);
            int bytes = writer.UnsyncedBytes - mark.Tail;
            sync = batch.Sync || made is not null || !begun || degraded is not null || writer.UnsyncedBytes > UnsyncedBytes;
            if (sync) Sync();
            else writer.Write();
            begun = true;
            if (made is not null) segments.Add(made);
            segments.Wrote(bytes);
            placed = writer.Settle();
        }
        catch (Exception error)
        {
            writer.Abandon(mark);
            Fail(batch, error);
            return false;
        }

        var now = time.GetUtcNow();
        foreach (var commit in batch.Commits) fold.Apply(commit, now);
        Interlocked.Add(ref commits, batch.Commits.Count);
        queue.Finished(batch);
        outbox.Synced(placed);
        if (degraded is not null && !batch.More) Recover();
        Tell(batch);
        return true;
    }

    private void Tell(StoreBatch batch)
    {
        long last = durable;
        foreach (var commit in batch.Commits)
        {
            foreach (var item in commit.Events) last = Math.Max(last, item.Item.Sequence);
        }

        if (last > durable)
        {
            Interlocked.Exchange(ref durable, last);
            Interlocked.Exchange(ref pulse, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }

        foreach (var commit in batch.Commits) commit.Say(CommitState.Done);
        foreach (var written in batch.Written) written();
        foreach (var waiter in batch.Flushes) waiter.TrySetResult(true);
    }

    private void Sync()
    {
        long start = time.GetTimestamp();
        writer.Sync();
        Synced?.Invoke(time.GetElapsedTime(start));
    }

    private bool SyncRest()
    {
        if (!writer.HasUnsynced) return true;
        var mark = writer.Mark();
        try
        {
            Sync();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            writer.Abandon(mark);
            Fail(StoreBatch.Empty, error);
            return false;
        }
    }

    private void Fail(StoreBatch batch, Exception error)
    {
        bool first = degraded is null;
        string reason = error.Message;
        degraded = reason;
        queue.Failed(batch);
        if (!first) return;
        degradedSince = time.GetTimestamp();
        if (error is IOException or UnauthorizedAccessException) StoreLog.Degraded(log, reason);
        else StoreLog.Broken(log, error.ToString());
        HealthChanged?.Invoke();
    }

    private void Recover()
    {
        degraded = null;
        StoreLog.Recovered(log, time.GetElapsedTime(degradedSince).TotalSeconds);
        HealthChanged?.Invoke();
    }
}
