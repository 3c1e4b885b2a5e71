using Scout.Server.Loop;
using Scout.Server.Store;

namespace Scout.Server.Tests.Histories;

/// <summary>The node store as the loop sees it; the checker sees every commit that is handed over.</summary>
internal sealed class RecordingJournal(NodeStore store, HistoryChecker checker) : INodeJournal
{
    private readonly StoreJournal inner = new(store);

    public long Epoch => inner.Epoch;

    public long LastSequence => inner.LastSequence;

    public bool CanCommit => inner.CanCommit;

    public string? DegradedReason => inner.DegradedReason;

    public long ReserveSequence() => inner.ReserveSequence();

    public void Commit(StoreCommit commit, bool sync, Action<CommitState>? done)
    {
        checker.Committed(commit);
        inner.Commit(commit, sync, done);
    }

    public KnownRequest? FindRequest(string caller, string id) => inner.FindRequest(caller, id);
}
