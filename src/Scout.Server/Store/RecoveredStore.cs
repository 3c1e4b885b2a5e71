using Scout.Machines.Records;

namespace Scout.Server.Store;

/// <summary>What was found at the opening.</summary>
internal sealed record RecoveredStore
{
    /// <summary>By name in ordinal order.</summary>
    public required IReadOnlyList<MachineRecord> Machines { get; init; }

    /// <summary>Unix second in which the store was made.</summary>
    public required long Epoch { get; init; }

    /// <summary>The next event's number.</summary>
    public required long NextSequence { get; init; }

    /// <summary>The store did not exist, or nothing in it could be read.</summary>
    public required bool IsNew { get; init; }

    /// <summary>The host booted since the last life; false when one of both is unknown.</summary>
    public required bool BootChanged { get; init; }

    /// <summary>Nonces of signed requests that are remembered, as they were given to the store.</summary>
    public IReadOnlyList<string> Nonces { get; init; } = [];

    /// <summary>What had to be mended, one line each, already logged.</summary>
    public required IReadOnlyList<StoreRepair> Repairs { get; init; }
}

/// <summary>Something that was mended.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="Line">Names file, offset, bytes, record numbers and sequences.</param>
internal sealed record StoreRepair(RepairKind Kind, string Line);

/// <summary>Label <c>kind</c> of <c>scout_store_repairs_total</c>, in this order.</summary>
internal enum RepairKind
{
    Torn = 0,
    Damaged = 1,
    Snapshot = 2,
    Corrupt = 3,
}
