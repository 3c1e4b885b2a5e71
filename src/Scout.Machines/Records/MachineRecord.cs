using System.Collections.Immutable;

namespace Scout.Machines.Records;

/// <summary>
/// The whole private record of one machine: everything that must be there after a restart (machines.md 5.6). Immutable; the host makes a new one at
/// the end of each input that changed something. The store writes it whole.
/// </summary>
public sealed record MachineRecord
{
    public required string Name { get; init; }

    /// <summary>Digest of the definition that it was made with.</summary>
    public string Digest { get; init; } = "";

    public string Version { get; init; } = "";

    public required string State { get; init; }

    /// <summary>When the state was entered, wall clock.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Null for machines that are no checks.</summary>
    public CheckRecord? Check { get; init; }

    public MaintenanceRecord? Maintenance { get; init; }

    /// <summary>A window occurrence that a person ended: until then that window does not open again.</summary>
    public DateTimeOffset? WindowEndedUntil { get; init; }

    public AcknowledgementRecord? Acknowledgement { get; init; }

    /// <summary>The state from which FORCE_CHECK was entered; null when not in it.</summary>
    public string? ForcedFrom { get; init; }

    /// <summary>One JSON object, at most 64 KiB; null when empty.</summary>
    public string? Data { get; init; }

    public bool Runaway { get; init; }

    /// <summary>One for each watcher that has something to remember, by name in ordinal order.</summary>
    public ImmutableArray<WatcherRecord> Watchers { get; init; } = [];

    /// <summary>Its definition is gone since; the record is erased 10 m later.</summary>
    public DateTimeOffset? DeletedAt { get; init; }
}

/// <summary>Belief, doubt and the last result of a check (machines.md section 7).</summary>
public sealed record CheckRecord
{
    /// <summary>Nothing is believed yet.</summary>
    public bool Fresh { get; init; } = true;

    /// <summary>What is believed; <see cref="CheckStatus.Ok"/> while fresh.</summary>
    public CheckStatus Belief { get; init; }

    /// <summary>-1 better, 0 no doubt, 1 worse.</summary>
    public int DoubtDirection { get; init; }

    /// <summary>Results counted in the doubt.</summary>
    public int DoubtCount { get; init; }

    /// <summary>The mildest (worse) or worst (better) result of the doubt.</summary>
    public CheckStatus DoubtExtreme { get; init; }

    /// <summary>20 bits, bit 0 the newest.</summary>
    public int FlapRing { get; init; }

    public bool Flapping { get; init; }

    public string? SuppressedBy { get; init; }

    /// <summary>The last counted raw status, which the ring compares with; null before the first.</summary>
    public CheckStatus? LastRaw { get; init; }

    public LastResult? LastResult { get; init; }

    /// <summary>Digest of the subject; another one makes the check fresh.</summary>
    public string Subject { get; init; } = "";
}

/// <summary>The last result of a check, bounded for keeping: text 1 KiB, long text 4 KiB, 512 numbers.</summary>
public sealed record LastResult
{
    public required CheckStatus Status { get; init; }

    public required string Reason { get; init; }

    public required string Output { get; init; }

    public string LongOutput { get; init; } = "";

    public IReadOnlyList<Runs.PerfDatum> PerfData { get; init; } = [];

    public int? ExitCode { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>When the run ended, wall clock.</summary>
    public DateTimeOffset EndedAt => StartedAt + Duration;
}

/// <summary>Why and until when a machine is in maintenance (machines.md 10.2).</summary>
/// <param name="Reason">Up to 500 characters, may be empty.</param>
/// <param name="Until">Null: open-ended.</param>
/// <param name="Caller">Authenticated name; <c>window</c> for a window.</param>
/// <param name="Since">When it began.</param>
public sealed record MaintenanceRecord(string Reason, DateTimeOffset? Until, string Caller, DateTimeOffset Since);

/// <summary>Who knows of a problem (machines.md 10.4).</summary>
public sealed record AcknowledgementRecord(string Reason, DateTimeOffset? Until, string Caller, DateTimeOffset Since)
{
    /// <summary>What was believed when it was acknowledged: anything worse ends it. Null: unknown.</summary>
    public CheckStatus? Believed { get; init; }
}

/// <summary>What a watcher remembers over restarts.</summary>
public sealed record WatcherRecord
{
    public required string Name { get; init; }

    /// <summary>Digest of the watcher definition that it belongs to.</summary>
    public string Digest { get; init; } = "";

    /// <summary>exec, metric: wall time of the last start.</summary>
    public DateTimeOffset? LastStart { get; init; }

    /// <summary>exec: wall times of the starts inside the budget's window, oldest first.</summary>
    public ImmutableArray<DateTimeOffset> Starts { get; init; } = [];

    /// <summary>exec: the budget is spent and that has been said.</summary>
    public bool Exhausted { get; init; }

    /// <summary>timer: wall time at which it ends; null when not running.</summary>
    public DateTimeOffset? TimerEnds { get; init; }

    /// <summary>schedule: the last level seen; null when never looked.</summary>
    public bool? ScheduleOn { get; init; }

    /// <summary>schedule: when the level changed last; a clock stepped back to before that moment fires nothing again.</summary>
    public DateTimeOffset? ScheduleSince { get; init; }

    /// <summary>schedule: end of the window in which success was already fired (<c>skip_trigger_on_reenter</c>).</summary>
    public DateTimeOffset? FiredUntil { get; init; }

    /// <summary>file: the stored mark; null before the first look.</summary>
    public FileMark? Mark { get; init; }

    /// <summary>Outcome of the last run: <c>success failure timeout error exhausted</c>, and for timers <c>started stopped expired</c>.</summary>
    public string? LastOutcome { get; init; }

    /// <summary>The last run ended in timeout, stuck or output_limit.</summary>
    public bool Suspect { get; init; }
}

/// <summary>What a file looked like: any difference is a change.</summary>
public sealed record FileMark(long Modified, long Size, ulong Inode);
