using Scout.Machines.Records;

namespace Scout.Server.Store;

/// <summary>
/// What waits for the writer. While the disk refuses, commits are laid together here within a bound (machines.md 5.2). The order of locks is this
/// one, then the outbox.
/// </summary>
internal sealed class StoreQueue(Lock gate, EventOutbox outbox, long maxBytes)
{
    /// <summary>Commits are laid into one up to this size: what it holds must fit one record.</summary>
    private const long GroupBytes = 4 << 20;

    private readonly List<PendingCommit> commits = [];
    private readonly Dictionary<string, MachineRecord> steady = new(StringComparer.Ordinal);
    private readonly SequenceSet acknowledged = SequenceSet.Exact();
    private readonly List<(long Sequence, string Reason)> aside = [];
    private List<Action> written = [];
    private List<TaskCompletionSource<bool>> flushes = [];
    private bool degraded;
    private int taken;
    private long steadyBytes;
    private long heldBytes;
    private long trimmedBytes;

    /// <summary>Something came; quick, any thread. True: at once, false: within a second is enough.</summary>
    public Action<bool>? Signal { get; set; }

    /// <summary>Steady results replaced by later ones of the same machine before they could be written.</summary>
    public long Dropped { get; private set; }

    public long HeldBytes
    {
        get
        {
            lock (gate) return degraded ? heldBytes + steadyBytes : 0;
        }
    }

    public void Add(PendingCommit pending, IReadOnlyList<StoredEvent> events, bool publishes)
    {
        bool refused;
        lock (gate)
        {
            // Under the same lock, so that a snapshot sees an event either in the outbox or here.
            foreach (var item in events)
            {
                var entry = publishes ? outbox.Add(item, pending.Drops) : null;
                pending.Events.Add(new PendingEvent(item, entry));
                pending.Bytes += StoreSizes.Of(item);
            }

            refused = degraded;
            if (refused) Hold(pending);
            else commits.Add(pending);
        }

        if (refused) pending.Say(CommitState.Held);
        else Signal?.Invoke(pending.Sync);
    }

    /// <summary>Found sequences and the like, from the opening.</summary>
    public void AddFirst(PendingCommit pending)
    {
        lock (gate) commits.Add(pending);
    }

    public void Move(PendingCommit pending)
    {
        lock (gate) commits.Add(pending);
        Signal?.Invoke(true);
    }

    public void Acknowledge(OutboxEntry entry, Action whenWritten)
    {
        lock (gate)
        {
            if (outbox.Remove(entry, aside: false)) acknowledged.Add(entry.Sequence);
            written.Add(whenWritten);
        }

        Signal?.Invoke(true);
    }

    public void SetAside(OutboxEntry entry, string reason, Action whenWritten)
    {
        lock (gate)
        {
            if (outbox.Remove(entry, aside: true)) aside.Add((entry.Sequence, reason));
            written.Add(whenWritten);
        }

        Signal?.Invoke(true);
    }

    public void Lost(OutboxEntry entry)
    {
        var pending = new PendingCommit { Sync = true };
        lock (gate)
        {
            outbox.Lost(entry, pending.Drops);
            commits.Add(pending);
        }

        Signal?.Invoke(true);
    }

    public void Flush(TaskCompletionSource<bool> waiter)
    {
        lock (gate) flushes.Add(waiter);
        Signal?.Invoke(true);
    }

    /// <summary>What the writer shall do now. The commits stay here until <see cref="Finished"/>.</summary>
    public StoreBatch Gather(long limit)
    {
        lock (gate)
        {
            if (steady.Count > 0) TakeSteady();
            int count = 0;
            long bytes = 0;
            while (count < commits.Count && (count == 0 || bytes + commits[count].Bytes < limit)) bytes += commits[count++].Bytes;
            var batch = new StoreBatch
            {
                Commits = commits.GetRange(0, count),
                Acknowledged = SequenceSet.Exact(),
                Aside = [.. aside],
                Written = written,
                Flushes = count == commits.Count ? flushes : [],
                More = count < commits.Count,
            };
            batch.Acknowledged.AddAll(acknowledged.Ranges);
            acknowledged.Clear();
            aside.Clear();
            written = [];
            taken = count;
            if (count == commits.Count) flushes = [];
            return batch;
        }
    }

    /// <summary>The batch is written.</summary>
    public void Finished(StoreBatch batch)
    {
        lock (gate)
        {
            commits.RemoveRange(0, taken);
            taken = 0;
            heldBytes = 0;
            foreach (var one in commits) heldBytes += one.Bytes;
            if (batch.More) return;
            degraded = false;
            trimmedBytes = 0;
            if (steady.Count > 0) TakeSteady();
        }
    }

    /// <summary>The disk refused: everything is given back, and from now on laid together.</summary>
    public void Failed(StoreBatch batch)
    {
        // Collected under the lock: what comes next is laid into the last of these, with those who wait for it.
        var waiting = new List<Action<CommitState>>();
        lock (gate)
        {
            degraded = true;
            taken = 0;
            acknowledged.AddAll(batch.Acknowledged.Ranges);
            aside.InsertRange(0, batch.Aside);
            heldBytes = 0;
            foreach (var one in commits)
            {
                if (!one.IsHeld)
                {
                    one.IsHeld = true;
                    one.Weigh();
                    waiting.AddRange(one.Waiting);
                }

                heldBytes += one.Bytes;
            }
        }

        foreach (var one in waiting) one(CommitState.Held);
        // A lane need not wait for a disk: at worst the event is sent once more after a crash, with its id.
        foreach (var free in batch.Written) free();
        foreach (var waiter in batch.Flushes) waiter.TrySetResult(false);
    }

    /// <summary>Places of events that left the outbox by drops not written yet: the journal still has them.</summary>
    public List<EventPosition> PositionsForSnapshot()
    {
        lock (gate)
        {
            var positions = outbox.Positions();
            foreach (var commit in commits)
            {
                foreach (var drop in commit.Drops)
                {
                    if (drop.Position is { } position) positions.Add(position);
                }
            }

            return positions;
        }
    }

    private void Hold(PendingCommit pending)
    {
        if (pending is { Sync: false, Events.Count: 0, Told: false })
        {
            foreach (var record in pending.Machines) HoldSteady(record);
            return;
        }

        pending.IsHeld = true;
        pending.Weigh();
        foreach (var record in pending.Machines) ForgetSteady(record.Name);
        foreach (string name in pending.Erased) ForgetSteady(name);
        // What the writer has in hand is not touched; a report of drops stands before all that is dropped after it.
        if (!pending.Told && commits.Count > taken && commits[^1].IsHeld && commits[^1].Bytes + pending.Bytes < GroupBytes)
        {
            heldBytes -= commits[^1].Bytes;
            commits[^1].Absorb(pending);
            heldBytes += commits[^1].Bytes;
        }
        else
        {
            commits.Add(pending);
            heldBytes += pending.Bytes;
        }

        // What the outbox let go of need not be held either; looked at again only when much has come since.
        if (heldBytes <= maxBytes || heldBytes < trimmedBytes + (maxBytes / 8)) return;
        heldBytes = 0;
        for (int i = 0; i < commits.Count; i++)
        {
            if (i >= taken) commits[i].Trim(outbox);
            heldBytes += commits[i].Bytes;
        }

        trimmedBytes = heldBytes;
    }

    private void HoldSteady(MachineRecord record)
    {
        if (ForgetSteady(record.Name)) Dropped++;
        steady.Add(record.Name, record);
        steadyBytes += StoreSizes.Of(record);
    }

    private bool ForgetSteady(string name)
    {
        if (!steady.Remove(name, out var older)) return false;
        steadyBytes -= StoreSizes.Of(older);
        return true;
    }

    private void TakeSteady()
    {
        commits.Add(new PendingCommit { Machines = [.. steady.Values], Bytes = steadyBytes, IsHeld = true });
        heldBytes += steadyBytes;
        steady.Clear();
        steadyBytes = 0;
    }
}

/// <summary>What the writer takes in one round.</summary>
internal sealed class StoreBatch
{
    public static StoreBatch Empty { get; } = new();

    public List<PendingCommit> Commits { get; init; } = [];

    public SequenceSet Acknowledged { get; init; } = SequenceSet.Exact();

    public List<(long Sequence, string Reason)> Aside { get; init; } = [];

    public List<Action> Written { get; init; } = [];

    public List<TaskCompletionSource<bool>> Flushes { get; init; } = [];

    /// <summary>Not all that waits fitted.</summary>
    public bool More { get; init; }

    public bool IsEmpty => Commits.Count == 0 && Acknowledged.Ranges.Count == 0 && Aside.Count == 0 && Written.Count == 0 && Flushes.Count == 0;

    public bool Sync => Flushes.Count > 0 || Commits.Exists(static one => one.Sync);
}
