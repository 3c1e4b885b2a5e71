using Microsoft.Extensions.Logging;

namespace Scout.Server.Store;

/// <summary>
/// The node's memory: machine records, outbox and local history in one journal (server.md section 4). <see cref="Commit"/>,
/// <see cref="ReserveSequence"/>, <see cref="CommitDropReport"/> and <see cref="FindRequest"/> are called by the loop alone; everything else from any
/// thread.
/// </summary>
internal sealed class NodeStore : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly NodeStoreOptions options;
    private readonly IStoreFiles files;
    private readonly TimeProvider time;
    private readonly StorePump pump;
    private readonly StoreQueue queue;
    private readonly EventFiles events;
    private readonly RequestMemory requests;
    private readonly StoreThread? thread;
    private long sequence;
    private bool closed;

    private NodeStore(NodeStoreOptions options, IStoreFiles files, TimeProvider time, ILogger log, OpenedStore opened, bool threaded)
    {
        this.options = options;
        this.files = files;
        this.time = time;
        Outbox = opened.Outbox;
        sequence = opened.Fold.LastSequence;
        requests = new RequestMemory();
        foreach (var request in opened.Fold.Requests.All) requests.Add(request, time.GetUtcNow());
        events = new EventFiles(files);
        queue = new StoreQueue(gate, opened.Outbox, options.MaxBytes);
        Recovered = new RecoveredStore
        {
            Machines = [.. opened.Fold.Machines.Values.OrderBy(static record => record.Name, StringComparer.Ordinal)],
            Epoch = opened.Identity.Epoch,
            NextSequence = sequence + 1,
            IsNew = opened.IsNew,
            BootChanged = opened.BootChanged,
            Nonces = [.. requests.All.Where(static request => request.Nonce.Length > 0).Select(static request => request.Nonce)],
            Repairs = opened.Repairs,
        };
        pump = new StorePump(options, files, time, log, opened, queue, events, threaded);
        pump.Begin(opened);
        if (threaded) thread = new StoreThread(pump, queue, time, log);
    }

    public RecoveredStore Recovered { get; }

    public EventOutbox Outbox { get; }

    /// <summary>False while the disk refuses: commands that change anything are answered with an error, counted runs wait.</summary>
    public bool CanCommit => pump.DegradedReason is null;

    /// <summary>Why it cannot; null when it can.</summary>
    public string? DegradedReason => pump.DegradedReason;

    /// <summary>The last number given to an event.</summary>
    public long LastSequence => Interlocked.Read(ref sequence);

    /// <summary>Called by the writer thread when <see cref="CanCommit"/> changed. Must be quick and must not throw: post it to the loop.</summary>
    public Action? HealthChanged
    {
        get => pump.HealthChanged;
        set => pump.HealthChanged = value;
    }

    /// <summary>Called by the writer thread with the length of each sync.</summary>
    public Action<TimeSpan>? Synced
    {
        get => pump.Synced;
        set => pump.Synced = value;
    }

    /// <summary>Opens or makes the store, repairs what it must.</summary>
    /// <exception cref="StoreException">It cannot be used at all.</exception>
    public static NodeStore Open(NodeStoreOptions options, IStoreFiles files, TimeProvider time, ILogger log) =>
        new(options, files, time, log, StoreOpener.Open(options, files, time, log), threaded: true);

    /// <summary>A store without a thread of its own: nothing is written until <see cref="Pump"/>. For tests that count operations.</summary>
    internal static NodeStore OpenIdle(NodeStoreOptions options, IStoreFiles files, TimeProvider time, ILogger log) =>
        new(options, files, time, log, StoreOpener.Open(options, files, time, log), threaded: false);

    /// <summary>The next event's number. Each must be committed, in order.</summary>
    public long ReserveSequence() => Interlocked.Increment(ref sequence);

    /// <summary>
    /// Keeps a commit. <paramref name="done"/> is called by the writer thread, in order of the commits: with <see cref="CommitState.Done"/> when its
    /// effects may begin, before that perhaps once with <see cref="CommitState.Held"/>. It must be quick and must not throw: post it to the loop.
    /// </summary>
    /// <param name="commit">Belongs to the store from here on.</param>
    /// <param name="sync">It must be on disk before it is done; otherwise it is written within 1 s. Anything but a steady commit is synced in any case.</param>
    /// <param name="done">May be null.</param>
    public void Commit(StoreCommit commit, bool sync, Action<CommitState>? done = null)
    {
        if (commit.Request is { } request) requests.Add(request, time.GetUtcNow());
        Enqueue(commit, sync || !commit.IsSteady, told: false, done);
    }

    /// <summary>
    /// Tells what was dropped, if anything was: <paramref name="make"/> gets the report and a sequence and returns the event. On the loop.
    /// </summary>
    /// <returns>False when there was nothing to tell.</returns>
    public bool CommitDropReport(Func<DropReport, long, StoredEvent> make, Action<CommitState>? done = null)
    {
        if (Outbox.TakeDrops() is not { } report) return false;
        var commit = new StoreCommit();
        commit.Events.Add(make(report, ReserveSequence()) with { Report = true });
        Enqueue(commit, sync: true, told: true, done);
        return true;
    }

    /// <summary>The outcome of a request answered before, or null. On the loop.</summary>
    public KnownRequest? FindRequest(string caller, string id) => requests.Find(caller, id, time.GetUtcNow());

    /// <summary>Reads the history; takes up to some 100 ms for a full journal, so not on the loop.</summary>
    public HistoryPage History(HistoryQuery query) => HistoryReader.Read(pump.Segments(), files, query);

    /// <summary>True when an event with a higher sequence was committed, false after the timeout.</summary>
    public async Task<bool> WaitForEventsAsync(long after, TimeSpan timeout, CancellationToken cancel)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            var pulse = pump.NextPulse();
            if (pump.DurableSequence > after) return true;
            var left = timeout - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return false;
            try
            {
                await pulse.WaitAsync(left, time, cancel);
            }
            catch (TimeoutException)
            {
                return pump.DurableSequence > after;
            }
        }
    }

    public StoreStatistics Statistics() => Outbox.AddTo(pump.Statistics() with { Sequence = LastSequence, RequestsForgotten = requests.Forgotten });

    /// <summary>Writes and syncs what was committed so far; false when the disk refuses.</summary>
    public Task<bool> FlushAsync()
    {
        var waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        queue.Flush(waiter);
        return waiter.Task;
    }

    /// <summary>The event behind an entry of the outbox; null when it left meanwhile, or cannot be read: then it is dropped and told.</summary>
    internal StoredEvent? Load(OutboxEntry entry)
    {
        var (item, segment, position) = Outbox.Locate(entry);
        if (item is not null) return item;
        // A segment goes only after what it held was moved; the second look finds the new place.
        for (int i = 0; i < 2 && segment is not null; i++)
        {
            if (events.Read(segment.Path, position) is { } read) return read;
            (_, segment, position) = Outbox.Locate(entry);
        }

        queue.Lost(entry);
        return null;
    }

    /// <summary>The stream has it: it leaves. <paramref name="written"/> is called when that is written, so that its lane may go on.</summary>
    internal void Acknowledge(OutboxEntry entry, Action written) => queue.Acknowledge(entry, written);

    /// <summary>The stream will never take it: it leaves, and stays in the history.</summary>
    internal void SetAside(OutboxEntry entry, string reason, Action written) => queue.SetAside(entry, reason, written);

    /// <summary>One round of the writer, for stores without a thread.</summary>
    internal void Pump() => pump.Round();

    /// <summary>Last commits, a snapshot, end of the writer.</summary>
    public async ValueTask DisposeAsync()
    {
        if (closed) return;
        closed = true;
        if (thread is not null)
        {
            await thread.StopAsync();
            thread.Dispose();
        }
        else
        {
            pump.Close();
        }

        pump.Dispose();
        events.Dispose();
    }

    private void Enqueue(StoreCommit commit, bool sync, bool told, Action<CommitState>? done)
    {
        var pending = new PendingCommit
        {
            Machines = commit.Machines,
            Erased = commit.Erased,
            Told = told,
            Sync = sync,
        };
        if (commit.Request is { } request) pending.Requests.Add(request);
        pending.WhenDone(done);
        queue.Add(pending, commit.Events, options.Publishes);
    }
}
