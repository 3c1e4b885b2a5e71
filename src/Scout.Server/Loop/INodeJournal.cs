using Scout.Server.Store;

namespace Scout.Server.Loop;

/// <summary>Where the loop puts its steps: the node store, or, for <c>scout machine run</c>, something that keeps nothing. The contract is that of <see cref="NodeStore"/>.</summary>
internal interface INodeJournal
{
    /// <summary>Unix second in which the store was made.</summary>
    long Epoch { get; }

    long LastSequence { get; }

    bool CanCommit { get; }

    string? DegradedReason { get; }

    long ReserveSequence();

    void Commit(StoreCommit commit, bool sync, Action<CommitState>? done);

    KnownRequest? FindRequest(string caller, string id);
}
