using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Scout.Protocol.Events;

/// <summary>What an event carries as <c>data</c>. Absent fields are their defaults: null, false, 0, empty.</summary>
public abstract record EventData;

/// <summary><c>io.scout.machine.transition.v1</c>: a machine moved.</summary>
public sealed record TransitionData : EventData
{
    public required string Transition { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary><c>check watcher subscription command expiry window</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Name of the watcher that fired it.</summary>
    public string? Watcher { get; init; }

    /// <summary>Who fired it: a person, <c>expiry</c> or <c>window</c>.</summary>
    public string? Caller { get; init; }

    /// <summary>Results counted until it was believed.</summary>
    public int? Attempt { get; init; }

    /// <summary>First line of the result.</summary>
    public string? Output { get; init; }

    public MaintenanceData? Maintenance { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }
}

/// <summary><c>io.scout.check.result.v1</c>: one result of a check.</summary>
public sealed record CheckData : EventData
{
    /// <summary>State before the result was applied.</summary>
    public required string State { get; init; }

    /// <summary><c>OK WARNING CRITICAL UNKNOWN</c>: what counts.</summary>
    public required string Status { get; init; }

    /// <summary>What the plugin said, when a dependency made it count as UNKNOWN.</summary>
    public string? RawStatus { get; init; }

    /// <summary>
    /// <c>exit bad_exit signal timeout stuck output_limit spawn refused bad_command lost builtin</c>; of probes <c>ok slow refused timeout ...</c>, all words in the schema.
    /// </summary>
    public required string Reason { get; init; }

    /// <summary>Absent for reason <c>exit</c>, where the raw status says it: 0 to 3 as OK, WARNING, CRITICAL, UNKNOWN.</summary>
    public int? ExitCode { get; init; }

    /// <summary><c>SIGSEGV</c> and the like.</summary>
    public string? Signal { get; init; }

    public required string Output { get; init; }

    public string? LongOutput { get; init; }

    public string? Stderr { get; init; }

    public ImmutableArray<PerfDatumData>? Perfdata { get; init; }

    /// <summary>How many items could not be read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int PerfdataErrors { get; init; }

    /// <summary>Milliseconds.</summary>
    public double DurationMs { get; init; }

    /// <summary>False while in doubt.</summary>
    public required bool Hard { get; init; }

    /// <summary>Results counted in the doubt; 0 when hard.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Attempt { get; init; }

    /// <summary>The limit that <see cref="Attempt"/> counts towards; absent when hard.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Attempts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Flapping { get; init; }

    public string? SuppressedBy { get; init; }

    /// <summary>It ended while the machine was in MAINTENANCE and counts for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Maintenance { get; init; }

    /// <summary>Repeated because of <c>announce_interval</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Announce { get; init; }

    /// <summary>Something was cut to fit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Truncated { get; init; }

    /// <summary>What a probe found out by the way: <c>address</c>, <c>family</c>, <c>phase</c> ...</summary>
    public ImmutableSortedDictionary<string, string>? Facts { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    public ImmutableSortedDictionary<string, string>? Annotations { get; init; }
}

/// <summary>One number of performance data.</summary>
/// <param name="Label">1 to 128 characters.</param>
/// <param name="Value">In <paramref name="Unit"/>; absent for <c>U</c>.</param>
/// <param name="Unit">Base unit: <c>seconds bytes percent counter</c> ...; absent for a plain number.</param>
/// <param name="Raw">As printed, without the label: <c>2643MB;5948;5958;0;5968</c>.</param>
public sealed record PerfDatumData(string Label, double? Value, string? Unit, string Raw);

/// <summary><c>io.scout.watcher.TYPE.v1</c>: what a watcher other than <c>nagios</c> saw or did.</summary>
public sealed record WatcherData : EventData
{
    public required string State { get; init; }

    public required string Watcher { get; init; }

    /// <summary><c>success failure timeout error exhausted</c>; of timers <c>started stopped expired</c>; of schedules <c>on off</c>.</summary>
    public required string Outcome { get; init; }

    public int? ExitCode { get; init; }

    public string? Signal { get; init; }

    /// <summary>Milliseconds.</summary>
    public double? DurationMs { get; init; }

    /// <summary>First 4 KiB.</summary>
    public string? Output { get; init; }

    public ImmutableArray<MetricData>? Metrics { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Announce { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Truncated { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }
}

/// <summary>One number of a <c>metric</c> watcher.</summary>
public sealed record MetricData(string Name, double Value, ImmutableSortedDictionary<string, string>? Labels);
