using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Protocol.Events;

namespace Scout.Protocol.Rpc;

/// <summary>One entry of <c>results</c>. Absent fields are their defaults.</summary>
public abstract record RpcResult
{
    /// <summary>Absent in results about the node.</summary>
    [JsonPropertyOrder(-3)]
    public string? Machine { get; init; }

    [JsonPropertyOrder(-2)]
    public RpcCode Code { get; init; }

    /// <summary>For people, when it is not <c>ok</c>: why, and what to do.</summary>
    [JsonPropertyOrder(-1)]
    public string? Message { get; init; }
}

/// <summary>Of <c>ping</c>: the node in a line.</summary>
public sealed record PingResult : RpcResult
{
    public required string Version { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required int Machines { get; init; }

    /// <summary>Machines in WARNING, CRITICAL or UNKNOWN.</summary>
    public int Problems { get; init; }

    /// <summary>How many machines are in a state.</summary>
    public ImmutableSortedDictionary<string, int>? States { get; init; }

    /// <summary>The last sequence assigned.</summary>
    public string? Sequence { get; init; }

    public OutboxDepth? Outbox { get; init; }

    /// <summary><c>dev</c> or <c>secure</c>.</summary>
    public string? Mode { get; init; }

    public string? Zone { get; init; }

    public string? Region { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    /// <summary>Why commits fail; absent while they do not.</summary>
    public string? DegradedReason { get; init; }

    /// <summary>Definition files that were never good, each with its first error.</summary>
    public ImmutableArray<string>? Refused { get; init; }

    /// <summary>The line to the broker: <c>connected</c>, or why it is not.</summary>
    public string? Broker { get; init; }

    /// <summary>How it stands with its fleet: <c>not_enrolled asking pending refused enrolled expired</c>; absent in dev mode and without a broker.</summary>
    public string? Enrolment { get; init; }

    /// <summary>Serial of the trust document by which it believes callers; absent without one, and in dev mode.</summary>
    public long? Trust { get; init; }
}

/// <summary>Of <c>facts</c>.</summary>
public sealed record FactsResult : RpcResult
{
    /// <summary>One JSON object.</summary>
    public required JsonElement Facts { get; init; }
}

/// <summary>Of <c>machines</c>: a line of <c>scout status</c>.</summary>
public sealed record MachineLine : RpcResult
{
    /// <summary>Absent only for a file that was never good: then <see cref="RpcResult.Message"/> is its first error and <see cref="Refused"/> its name.</summary>
    public MachineSummary? Record { get; init; }

    public string? Refused { get; init; }
}

/// <summary>Of <c>machine</c>: everything about one.</summary>
public sealed record MachineDetail : RpcResult
{
    /// <summary>Absent when there is no such machine.</summary>
    public MachineSummary? Record { get; init; }

    /// <summary>Allowed now, in file order.</summary>
    public ImmutableArray<TransitionInfo>? Transitions { get; init; }

    public ImmutableArray<WatcherInfo>? Watchers { get; init; }

    /// <summary>The last result, whole.</summary>
    public ResultInfo? Result { get; init; }

    /// <summary>Absolute path of the definition.</summary>
    public string? File { get; init; }

    public ImmutableArray<string>? DependsOn { get; init; }

    /// <summary>The machine's data, one JSON object; absent when it has none.</summary>
    public JsonElement? Data { get; init; }
}

/// <summary>A transition somebody may fire.</summary>
public sealed record TransitionInfo(string Name, string To, string? Description);

/// <summary>A watcher as it stands.</summary>
public sealed record WatcherInfo
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    public required bool Active { get; init; }

    /// <summary>Milliseconds; absent when it has none.</summary>
    public long? IntervalMs { get; init; }

    /// <summary>What it looks at or does, for people: a command line, a path.</summary>
    public string? What { get; init; }

    public DateTimeOffset? LastStart { get; init; }

    public string? LastOutcome { get; init; }

    public DateTimeOffset? NextDue { get; init; }

    /// <summary>Why it does nothing: <c>inactive in state OK</c>, <c>budget spent</c>, ...</summary>
    public string? Idle { get; init; }
}

/// <summary>The last result of a check.</summary>
public sealed record ResultInfo
{
    public required string Status { get; init; }

    public required string Reason { get; init; }

    public required string Output { get; init; }

    public string? LongOutput { get; init; }

    public ImmutableArray<PerfDatumData>? Perfdata { get; init; }

    public int? ExitCode { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required DateTimeOffset Ended { get; init; }

    /// <summary>Milliseconds.</summary>
    public required double DurationMs { get; init; }
}

/// <summary>Of <c>check</c>: the result itself, or <c>pending</c>.</summary>
public sealed record CheckResult : RpcResult
{
    public string? From { get; init; }

    public string? To { get; init; }

    public string? Status { get; init; }

    public string? Reason { get; init; }

    public string? Output { get; init; }

    public string? LongOutput { get; init; }

    public ImmutableArray<PerfDatumData>? Perfdata { get; init; }

    /// <summary>Milliseconds.</summary>
    public double? DurationMs { get; init; }

    public bool? Hard { get; init; }

    /// <summary><c>CRITICAL 2/3</c> while in doubt.</summary>
    public string? Soft { get; init; }

    public int? Attempt { get; init; }

    public ImmutableArray<string>? Allowed { get; init; }

    /// <summary>Id of the event that tells of it.</summary>
    public string? Event { get; init; }
}

/// <summary>Of <c>transition</c>, <c>maintenance</c>, <c>resume</c> and <c>acknowledge</c>.</summary>
public sealed record ChangeResult : RpcResult
{
    public string? From { get; init; }

    public string? To { get; init; }

    /// <summary>Of a maintenance or an acknowledgement that has an end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Of an acknowledgement: who.</summary>
    public string? Caller { get; init; }

    /// <summary>Transitions allowed afterwards.</summary>
    public ImmutableArray<string>? Allowed { get; init; }

    /// <summary>Id of the event that tells of it; absent when nothing changed.</summary>
    public string? Event { get; init; }
}

/// <summary>Of <c>history</c>.</summary>
public sealed record HistoryResult : RpcResult
{
    /// <summary>CloudEvents as stored, oldest first.</summary>
    public required ImmutableArray<JsonElement> Events { get; init; }
}

/// <summary>What a node says of a policy file that it does not go by.</summary>
public static class PolicyTrouble
{
    /// <summary>It was good once.</summary>
    public const string LastGoodStays = "the last good policy stays";

    /// <summary>It was never good.</summary>
    public const string OnlyPing = "only ping is answered";

    /// <summary>Whether a problem that a node tells is one of a policy, and not of a definition that was never good.</summary>
    public static bool Is(string? message) =>
        message is not null && (message.StartsWith(LastGoodStays, StringComparison.Ordinal) || message.StartsWith(OnlyPing, StringComparison.Ordinal));
}
