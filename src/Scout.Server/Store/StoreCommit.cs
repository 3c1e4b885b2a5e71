using Scout.Machines.Records;

namespace Scout.Server.Store;

/// <summary>
/// What one step changes: kept whole or not at all. Filled on the loop; from <see cref="NodeStore.Commit"/> on it belongs to the store and must not be
/// touched again.
/// </summary>
internal sealed class StoreCommit
{
    /// <summary>New records of machines, each machine once.</summary>
    public List<MachineRecord> Machines { get; } = [];

    /// <summary>Names of machines whose record goes.</summary>
    public List<string> Erased { get; } = [];

    /// <summary>By rising sequence.</summary>
    public List<StoredEvent> Events { get; } = [];

    public KnownRequest? Request { get; set; }

    /// <summary>Nothing but results that nobody waits for.</summary>
    public bool IsSteady => Events.Count == 0 && Request is null && Erased.Count == 0;
}

/// <summary>How far a commit is.</summary>
internal enum CommitState
{
    /// <summary>On disk, or, when no sync was asked for, written. Its effects may begin.</summary>
    Done,

    /// <summary>The disk refused; it waits in memory and comes as <see cref="Done"/> later. Who waits for an answer gets an error now.</summary>
    Held,
}
