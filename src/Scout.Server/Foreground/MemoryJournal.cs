using Scout.Server.Loop;
using Scout.Server.Store;

namespace Scout.Server.Foreground;

/// <summary>A journal that keeps nothing: every commit is done at once, and its events are told.</summary>
internal sealed class MemoryJournal(TimeProvider time, Action<StoredEvent> tell) : INodeJournal
{
    private long sequence;

    public long Epoch { get; } = time.GetUtcNow().ToUnixTimeSeconds();

    public long LastSequence => sequence;

    public bool CanCommit => true;

    public string? DegradedReason => null;

    public long ReserveSequence() => ++sequence;

    public void Commit(StoreCommit commit, bool sync, Action<CommitState>? done)
    {
        foreach (StoredEvent one in commit.Events) tell(one);
        done?.Invoke(CommitState.Done);
    }

    public KnownRequest? FindRequest(string caller, string id) => null;
}
