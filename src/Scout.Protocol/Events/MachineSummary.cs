using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Scout.Protocol.Events;

/// <summary>
/// The public record of a machine (machines.md 7.4): in <c>state</c> events, in the lines of RPC <c>machines</c>, and hence in <c>scout status</c>, whether a node
/// answered or its last words are shown.
/// </summary>
public record MachineSummary : EventData
{
    /// <summary><c>check</c> or <c>machine</c>.</summary>
    public required string Kind { get; init; }

    public required string State { get; init; }

    /// <summary>When it entered the state.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Status of the last result; absent for machines that are no checks, and before the first.</summary>
    public string? Status { get; init; }

    /// <summary>False while in doubt; true for machines that are no checks.</summary>
    public required bool Hard { get; init; }

    /// <summary><c>CRITICAL 2/3</c> while in doubt.</summary>
    public string? Soft { get; init; }

    /// <summary>Results counted in the doubt; 0 when hard.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Attempt { get; init; }

    /// <summary>Results in a row before the doubt is believed: <c>attempts</c> or <c>recover_attempts</c> as it applies; 0 for machines that are no checks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Attempts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Flapping { get; init; }

    public MaintenanceData? Maintenance { get; init; }

    public MaintenanceData? Acknowledged { get; init; }

    /// <summary>The dependency that is down.</summary>
    public string? SuppressedBy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Runaway { get; init; }

    /// <summary>First error line of a file that turned bad while its last good version runs.</summary>
    public string? DefinitionError { get; init; }

    /// <summary>Why no run can start now, for people: stuck, node degraded.</summary>
    public string? NotRunning { get; init; }

    /// <summary>Text of the last result.</summary>
    public string? Output { get; init; }

    /// <summary>When the last run ended.</summary>
    public DateTimeOffset? LastResult { get; init; }

    /// <summary>Of the last run, milliseconds.</summary>
    public double? DurationMs { get; init; }

    /// <summary>Absent when nothing is scheduled.</summary>
    public DateTimeOffset? NextDue { get; init; }

    public required string Version { get; init; }

    /// <summary>First 12 hex digits of the SHA-256 of the definition.</summary>
    public required string Digest { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }
}

/// <summary>Why, until when and by whom: of a maintenance or an acknowledgement.</summary>
/// <param name="Reason">Up to 500 characters; absent when none was given.</param>
/// <param name="Until">Absent: open-ended.</param>
/// <param name="Caller">Authenticated name; <c>window</c> for a window.</param>
/// <param name="Since">When it began.</param>
public sealed record MaintenanceData(string? Reason, DateTimeOffset? Until, string Caller, DateTimeOffset Since);

/// <summary><c>io.scout.machine.state.v1</c>: the public record of a machine, on change, hourly and after a reconnect, with what changed it.</summary>
public sealed record StateData : MachineSummary
{
    [JsonConstructor]
    public StateData()
    {
    }

    /// <summary>The record of a machine as an event.</summary>
    [SetsRequiredMembers]
    public StateData(MachineSummary record)
        : base(record)
    {
    }

    /// <summary>What changed it: <c>maintenance acknowledged expired definition repeat</c> ...; absent when nothing needs saying.</summary>
    public string? Reason { get; init; }

    public string? Caller { get; init; }

    /// <summary>The definition is gone; this is the last word.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Deleted { get; init; }
}
