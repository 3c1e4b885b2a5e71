using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Hosting;

/// <summary>Something that a machine tells the world. The server makes a CloudEvent of it.</summary>
public abstract record MachineEvent
{
    /// <summary>From the host's id source: UUIDv7 in the server, counted in simulation.</summary>
    public required Guid Id { get; init; }

    public required string Machine { get; init; }

    /// <summary>Wall clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Id of the event or request that led to this one; null when the clock did.</summary>
    public string? Cause { get; init; }

    /// <summary>Labels of the definition, for the event.</summary>
    public required Definitions.MachineDefinition Definition { get; init; }
}

/// <summary>A real transition.</summary>
public sealed record TransitionEvent : MachineEvent
{
    public required string Transition { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>What fired it: <c>check watcher subscription command expiry window</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Name of the watcher that fired it; null when none did.</summary>
    public string? Watcher { get; init; }

    /// <summary>Authenticated caller, <c>expiry</c> or <c>window</c>; null when no person or deadline did.</summary>
    public string? Caller { get; init; }

    /// <summary>What the person said, of MAINTENANCE.</summary>
    public MaintenanceRecord? Maintenance { get; init; }

    /// <summary>How many results were counted; null when not fired by a result.</summary>
    public int? Attempt { get; init; }

    /// <summary>First line of the result; null when not fired by a result.</summary>
    public string? Output { get; init; }
}

/// <summary>One result of a check.</summary>
public sealed record CheckEvent : MachineEvent
{
    /// <summary>State before the result was applied (machines.md 5.2).</summary>
    public required string State { get; init; }

    /// <summary>What counts: UNKNOWN when suppressed by a dependency.</summary>
    public required CheckStatus Status { get; init; }

    /// <summary>What the plugin said.</summary>
    public required CheckStatus RawStatus { get; init; }

    public required RunOutcome Outcome { get; init; }

    /// <summary>False while in doubt.</summary>
    public required bool Hard { get; init; }

    /// <summary>Results counted in the doubt, 0 when hard.</summary>
    public int Attempt { get; init; }

    /// <summary>The limit the attempt counts towards.</summary>
    public int Attempts { get; init; } = 1;

    public bool Flapping { get; init; }

    public string? SuppressedBy { get; init; }

    /// <summary>It ended while the machine was in MAINTENANCE and counts for nothing.</summary>
    public bool InMaintenance { get; init; }

    /// <summary>Repeated because of <c>announce_interval</c>.</summary>
    public bool Announce { get; init; }
}

/// <summary>The public record of a machine, when it changed.</summary>
public sealed record StateEvent : MachineEvent
{
    public required MachineView View { get; init; }

    /// <summary>What changed it, for people: <c>maintenance</c>, <c>acknowledged</c>, <c>expired</c>, <c>definition</c>, <c>repeat</c>, ...; may be empty.</summary>
    public string Reason { get; init; } = "";

    public string? Caller { get; init; }
}

/// <summary>What a watcher other than <c>nagios</c> saw or did.</summary>
public sealed record WatcherEvent : MachineEvent
{
    public required string State { get; init; }

    public required string Watcher { get; init; }

    public required string WatcherType { get; init; }

    /// <summary><c>success failure timeout error exhausted</c>; of timers <c>started stopped expired</c>; of schedules <c>on off</c>.</summary>
    public required string Outcome { get; init; }

    public int? ExitCode { get; init; }

    public string? Signal { get; init; }

    public TimeSpan? Duration { get; init; }

    /// <summary>First 4 KiB.</summary>
    public string? Output { get; init; }

    public IReadOnlyList<MetricValue> Metrics { get; init; } = [];

    public bool Announce { get; init; }
}

/// <summary>One number of a <c>metric</c> watcher.</summary>
public sealed record MetricValue(string Name, double Value, IReadOnlyList<KeyValuePair<string, string>> Labels);
