namespace Scout.Server.Runs;

/// <summary>What a <see cref="CheckRunner"/> is made of.</summary>
internal sealed record RunnerOptions
{
    public required string Node { get; init; }

    /// <summary>Runs at a time, 1 to 1,024.</summary>
    public required int Slots { get; init; }

    /// <summary>Where <c>WATCHER_DATA</c> and <c>WATCHER_FACTS</c> are written; null: nowhere, and the names are left out.</summary>
    public string? FilesFolder { get; init; }

    /// <summary>The same for runs as another user; null: those get none.</summary>
    public OthersFiles? OthersFiles { get; init; }

    /// <summary>JSON of the facts, for <c>WATCHER_FACTS</c>. Any thread.</summary>
    public Func<string> Facts { get; init; } = static () => "{}";

    /// <summary>Whom runs may be made as.</summary>
    public RunUsers Users { get; init; } = RunUsers.Nobody;

    /// <summary>Half of the slots, at least one.</summary>
    public int SuspectSlots => Math.Max(1, Slots / 2);
}
