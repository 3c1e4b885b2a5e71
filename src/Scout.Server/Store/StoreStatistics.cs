namespace Scout.Server.Store;

/// <summary>Figures of the store and the outbox at one moment (server.md section 8).</summary>
internal sealed record StoreStatistics
{
    public bool Degraded { get; init; }

    /// <summary>On disk: segments and snapshots.</summary>
    public long Bytes { get; init; }

    /// <summary>In memory because the disk refuses, about.</summary>
    public long HeldBytes { get; init; }

    public long Commits { get; init; }

    /// <summary>Steady results replaced by later ones before the disk took them (limit <c>held</c>).</summary>
    public long HeldDropped { get; init; }

    /// <summary>Requests forgotten before their time (limit <c>rpc_requests</c>).</summary>
    public long RequestsForgotten { get; init; }

    /// <summary>By <see cref="RepairKind"/>.</summary>
    public IReadOnlyList<long> Repairs { get; init; } = [0, 0, 0, 0];

    public long LostRecords { get; init; }

    public long SnapshotFailures { get; init; }

    public long OutboxEvents { get; init; }

    public long OutboxBytes { get; init; }

    /// <summary>The higher of both bounds, 0 to 1.</summary>
    public double OutboxFill { get; init; }

    /// <summary>Time of the oldest event in the outbox; null when it is empty.</summary>
    public DateTimeOffset? OutboxOldest { get; init; }

    /// <summary>The last number given to an event.</summary>
    public long Sequence { get; init; }

    /// <summary>By <see cref="EventKind"/>, acknowledged in this life.</summary>
    public IReadOnlyList<long> Published { get; init; } = [0, 0, 0, 0, 0];

    /// <summary>By <see cref="EventKind"/>, dropped in this life.</summary>
    public IReadOnlyList<long> Dropped { get; init; } = [0, 0, 0, 0, 0];

    public long SetAside { get; init; }
}
