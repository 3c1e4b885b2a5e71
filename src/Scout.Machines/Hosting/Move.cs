using Scout.Machines.Records;
using Scout.Machines.Watchers;

namespace Scout.Machines.Hosting;

/// <summary>Why a transition is fired.</summary>
/// <param name="Reason">Of the event: <c>check watcher subscription command expiry window</c>.</param>
/// <param name="Cause">Id of the event or request that led to it; null for the clock.</param>
/// <param name="Chained">Its cause is a transition, so the runaway limiter counts it (machines.md 5.7).</param>
internal readonly record struct Move(string Reason, string? Cause, bool Chained)
{
    public LiveWatcher? Watcher { get; init; }

    public string? Caller { get; init; }

    public MaintenanceRecord? Maintenance { get; init; }

    public int? Attempt { get; init; }

    public string? Output { get; init; }

    /// <summary>The result of the check itself fired it.</summary>
    public bool IsOwnResult => Watcher is LiveCheck;
}

/// <summary>What became of a fired transition (machines.md 5.3).</summary>
internal enum MoveResult
{
    Refused,
    Self,
    Real,
    /// <summary>It waits for the runaway limiter.</summary>
    Delayed,
}

/// <summary>Why a run is wanted.</summary>
/// <param name="Cause">Id of the event or request that led to it; null for the clock.</param>
/// <param name="Chained">It was an entry by a transition or a foreign change.</param>
internal readonly record struct Trigger(string? Cause, bool Chained);
