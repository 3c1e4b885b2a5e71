using Scout.Server.Store;

namespace Scout.Server.Loop;

/// <summary>The node store as the loop sees it.</summary>
internal sealed class StoreJournal(NodeStore store) : INodeJournal
{
    public long Epoch => store.Recovered.Epoch;

    public long LastSequence => store.LastSequence;

    public bool CanCommit => store.CanCommit;

    public string? DegradedReason => store.DegradedReason;

    public long ReserveSequence() => store.ReserveSequence();

    public void Commit(StoreCommit commit, bool sync, Action<CommitState>? done) => store.Commit(commit, sync, done);

    public KnownRequest? FindRequest(string caller, string id) => store.FindRequest(caller, id);
}
