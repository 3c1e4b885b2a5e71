using Scout.Machines.Records;

namespace Scout.Server.Store;

/// <summary>
/// A commit on its way to the disk. While the disk refuses, the ones that follow are laid into it: of each machine only the newest record stays.
/// Guarded by the lock of the store until the writer took it; a failed attempt gives it back.
/// </summary>
internal sealed class PendingCommit
{
    private Dictionary<string, int>? places;
    private List<Action<CommitState>>? waiting;

    public List<MachineRecord> Machines { get; init; } = [];

    public List<string> Erased { get; init; } = [];

    public List<PendingEvent> Events { get; } = [];

    public List<KnownRequest> Requests { get; } = [];

    /// <summary>Events that left the outbox for this one.</summary>
    public List<OutboxDrop> Drops { get; } = [];

    /// <summary>Lost sequences found at the opening.</summary>
    public DropReport? Found { get; init; }

    /// <summary>Everything dropped before stands in the event of this commit.</summary>
    public bool Told { get; init; }

    /// <summary>Unacknowledged events to be written anew.</summary>
    public List<OutboxEntry> Moves { get; init; } = [];

    /// <summary>Begins with an <c>open</c> entry.</summary>
    public bool Opens { get; init; }

    public bool Sync { get; set; }

    /// <summary>How much it is in memory, about.</summary>
    public long Bytes { get; set; }

    /// <summary>Who waits was told, or is just being told, that it is held.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Who is told how far it is.</summary>
    public IReadOnlyList<Action<CommitState>> Waiting => waiting ?? [];

    public void WhenDone(Action<CommitState>? done)
    {
        if (done is not null) (waiting ??= []).Add(done);
    }

    public void Say(CommitState state)
    {
        foreach (var one in Waiting) one(state);
    }

    /// <summary>Lays a later commit into this one.</summary>
    public void Absorb(PendingCommit later)
    {
        places ??= Places();
        foreach (string name in later.Erased)
        {
            if (places.Remove(name, out int at)) RemoveMachine(at);
            if (!Erased.Contains(name)) Erased.Add(name);
        }

        foreach (var record in later.Machines)
        {
            if (places.TryGetValue(record.Name, out int at))
            {
                Machines[at] = record;
            }
            else
            {
                places.Add(record.Name, Machines.Count);
                Machines.Add(record);
                Bytes += StoreSizes.Of(record);
            }
        }

        foreach (var item in later.Events)
        {
            Events.Add(item);
            Bytes += StoreSizes.Of(item.Item);
        }

        Requests.AddRange(later.Requests);
        Drops.AddRange(later.Drops);
        Sync |= later.Sync;
        foreach (var one in later.Waiting) WhenDone(one);
    }

    /// <summary>Lets go of events that will not be sent, when memory is short.</summary>
    public void Trim(EventOutbox outbox)
    {
        Events.RemoveAll(item =>
        {
            if (item.Entry is { } entry && outbox.IsQueued(entry)) return false;
            Bytes -= StoreSizes.Of(item.Item);
            return true;
        });
    }

    /// <summary>Counts anew what it is in memory.</summary>
    public void Weigh() => Bytes = Machines.Sum(StoreSizes.Of) + Events.Sum(static item => StoreSizes.Of(item.Item));

    private Dictionary<string, int> Places()
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < Machines.Count; i++) found[Machines[i].Name] = i;
        return found;
    }

    private void RemoveMachine(int at)
    {
        Bytes -= StoreSizes.Of(Machines[at]);
        Machines.RemoveAt(at);
        places = Places();
    }
}

/// <summary>An event of a commit.</summary>
/// <param name="Item">The event.</param>
/// <param name="Entry">Its place in the outbox; null when it is history only.</param>
internal readonly record struct PendingEvent(StoredEvent Item, OutboxEntry? Entry);

/// <summary>What things take in memory, about.</summary>
internal static class StoreSizes
{
    public static long Of(MachineRecord record) => 600 + (record.Data?.Length ?? 0) + (record.Check?.LastResult is { } result ? result.Output.Length + result.LongOutput.Length : 0);

    public static long Of(StoredEvent item) => 200 + item.Bytes.Length;
}
