using System.Collections.Immutable;

namespace Scout.Machines.Definitions;

/// <summary>What all watchers share (machines.md section 2). The derived records hold the properties of a type (section 8).</summary>
public abstract record WatcherDefinition
{
    public required string Name { get; init; }

    /// <summary>The word used in <c>type:</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Empty means every state.</summary>
    public ImmutableArray<string> StateMatch { get; init; } = [];

    public ImmutableArray<ForeignState> ForeignStates { get; init; } = [];

    public string? SuccessTransition { get; init; }

    public string? FailTransition { get; init; }

    /// <summary>Null: none given and the type has no default. 500 ms or more.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>1 m or more.</summary>
    public TimeSpan? AnnounceInterval { get; init; }

    /// <summary>
    /// First 12 hex digits of SHA-256 over the canonical JSON of this watcher; a reload compares it to decide whether timers and intervals go on.
    /// </summary>
    public string Digest { get; init; } = "";
}

/// <summary>One entry of <c>foreign_state_required</c>.</summary>
public sealed record ForeignState(string MachineName, string State);

/// <summary>The watcher that makes a machine a check: a plugin, a probe or a builtin.</summary>
public sealed record NagiosWatcher : WatcherDefinition
{
    public override string Type => "nagios";

    public required CheckSubject Subject { get; init; }

    /// <summary>100 ms to 1 h.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>1 to 64: results in a row before a worse state is believed.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>1 to 64: results in a row before a better state is believed.</summary>
    public int RecoverAttempts { get; init; } = 1;

    /// <summary>The pace while in doubt; null when there is no interval.</summary>
    public TimeSpan? RetryInterval { get; init; }

    /// <summary>Null: flapping is off.</summary>
    public FlappingLimits? Flapping { get; init; } = new(25, 30);

    /// <summary>Window of the first check; 0 means at once. 0 to interval.</summary>
    public TimeSpan Splay { get; init; }

    /// <summary>Null: the node's default.</summary>
    public EventDetail? Events { get; init; }

    public ImmutableArray<KeyValuePair<string, string>> Annotations { get; init; } = [];
}

/// <summary>Percent, 0 &lt; low &lt; high &lt; 100.</summary>
public sealed record FlappingLimits(double Low, double High);

/// <summary>Which results become <c>check</c> events (machines.md 7.4).</summary>
public enum EventDetail
{
    Changes,
    All,
    Problems,
}

/// <summary>What a check looks at.</summary>
public abstract record CheckSubject;

/// <summary>A look that the node makes itself: a probe, or what it knows of the mesh. The room that makes it reads its options (<see cref="IDefinitionSyntax"/>).</summary>
/// <param name="Kind">The word in the definition: <c>tcp</c>.</param>
/// <param name="Options">For that room; nothing here looks into it.</param>
/// <param name="CanonicalJson">An object with all options, defaults filled in: the same for texts that mean the same.</param>
public sealed record ProbeSubject(string Kind, object Options, string CanonicalJson) : CheckSubject;

/// <summary>An external program.</summary>
public sealed record PluginSubject(CommandTemplate Command) : CheckSubject;

/// <summary>Something the node answers by itself.</summary>
/// <param name="Kind"><c>heartbeat</c> in this version.</param>
public sealed record BuiltinSubject(string Kind) : CheckSubject;

public sealed record ExecWatcher : WatcherDefinition
{
    public override string Type => "exec";

    public required CommandTemplate Command { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Each <c>NAME=value</c>; the value is a template.</summary>
    public ImmutableArray<KeyValuePair<string, TextTemplate>> Environment { get; init; } = [];

    public bool ParseAsData { get; init; }

    public bool SuppressSuccessAnnounce { get; init; }

    public bool GatherInitialState { get; init; }

    /// <summary>Least time between two starts; 0 is none.</summary>
    public TimeSpan Cooldown { get; init; }

    /// <summary>At most so many starts in any <see cref="Per"/>; 0 is no limit.</summary>
    public int MaxRuns { get; init; }

    public TimeSpan Per { get; init; } = TimeSpan.FromHours(24);
}

public sealed record FileWatcher : WatcherDefinition
{
    public override string Type => "file";

    /// <summary>Absolute.</summary>
    public required string Path { get; init; }

    public bool GatherInitialState { get; init; }

    /// <summary>Null: the file is only watched, not managed.</summary>
    public ManagedFile? Managed { get; init; }
}

/// <summary>What a managed file must be like.</summary>
public sealed record ManagedFile(TextTemplate Contents, TextTemplate Owner, TextTemplate Group, TextTemplate Mode);

public sealed record ScheduleWatcher : WatcherDefinition
{
    public override string Type => "schedule";

    public required ImmutableArray<CronSchedule> Schedules { get; init; }

    /// <summary>At least 1 s.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>At most half of <see cref="Duration"/>.</summary>
    public TimeSpan StartSplay { get; init; }

    public bool SkipTriggerOnReenter { get; init; }

    /// <summary>Null: the node's.</summary>
    public TimeZoneInfo? TimeZone { get; init; }
}

public sealed record TimerWatcher : WatcherDefinition
{
    public override string Type => "timer";

    /// <summary>1 s to 365 d.</summary>
    public TimeSpan Timer { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>True: the length is place(timer), at least 1 s.</summary>
    public bool Splay { get; init; }
}

public sealed record MetricWatcher : WatcherDefinition
{
    public override string Type => "metric";

    public required CommandTemplate Command { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    public bool Store { get; init; }

    public bool SkipPrometheus { get; init; }
}
