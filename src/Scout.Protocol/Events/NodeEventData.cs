using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Scout.Protocol.Events;

/// <summary><c>io.scout.node.startup.v1</c>.</summary>
public sealed record StartupData : EventData
{
    public required string Version { get; init; }

    public required string Os { get; init; }

    public required string Arch { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary><c>dev</c> or <c>secure</c>.</summary>
    public required string Mode { get; init; }

    public required int Machines { get; init; }

    /// <summary>Definition files that were never good.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Refused { get; init; }

    /// <summary>What the store had to mend while opening; absent when nothing.</summary>
    public string? Repaired { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }
}

/// <summary><c>io.scout.node.alive.v1</c>: every 5 min, after each connect, and when <see cref="Degraded"/> changes. Not spooled, so without <c>sequence</c>.</summary>
public sealed record AliveData : EventData
{
    public required string Version { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>Seconds, monotonic.</summary>
    public required long UptimeS { get; init; }

    public required int Machines { get; init; }

    /// <summary>How many machines are in a state: the six of checks, and <c>other</c>; states with none are absent.</summary>
    public required ImmutableSortedDictionary<string, int> States { get; init; }

    /// <summary>The last sequence the node assigned; absent before the first.</summary>
    public string? Sequence { get; init; }

    public required OutboxDepth Outbox { get; init; }

    /// <summary>Events dropped since the start.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Dropped { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Degraded { get; init; }

    public string? DegradedReason { get; init; }
}

/// <summary>Events that the stream has not acknowledged.</summary>
public sealed record OutboxDepth(int Events, long Bytes);

/// <summary><c>io.scout.node.shutdown.v1</c>.</summary>
public sealed record ShutdownData : EventData
{
    public required string Version { get; init; }

    /// <summary>Seconds, monotonic.</summary>
    public required long UptimeS { get; init; }

    /// <summary><c>signal</c>, <c>failure</c> ...</summary>
    public required string Reason { get; init; }
}

/// <summary><c>io.scout.node.outbox.v1</c>: what a full outbox, or a damaged store, cost since the last good connection (nats.md 12.6).</summary>
public sealed record OutboxData : EventData
{
    /// <summary><c>full</c> or <c>damaged</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Exact counts by kind: <c>transition check state watcher lifecycle unknown</c>.</summary>
    public required ImmutableSortedDictionary<string, long> Dropped { get; init; }

    /// <summary>The sequences concerned.</summary>
    public required ImmutableArray<SequenceRange> Sequences { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }
}

/// <summary>
/// <c>io.scout.node.audit.v1</c>: what was decided on a request, whatever came of it (security.md 9). The broker's own services use it for their lines in
/// <c>audit.jsonl</c>, with actions such as <c>token</c>, <c>issue</c>, <c>revoke</c>.
/// </summary>
public sealed record AuditData : EventData
{
    /// <summary>What stands for a caller whom nothing has proved.</summary>
    public const string Unproven = "unproven";

    /// <summary>As the way in has proved it: <c>local:anna</c>, <c>dev:anna</c>, or the name in a JWT; <see cref="Unproven"/> without proof.</summary>
    public required string Caller { get; init; }

    /// <summary>The caller's public key, when a signature has proved it.</summary>
    public string? Key { get; init; }

    /// <summary>The caller's role: <c>viewer operator admin</c> and so on.</summary>
    public string? Role { get; init; }

    /// <summary>An action that exists; <c>other</c> for a word that is none.</summary>
    public required string Action { get; init; }

    /// <summary>Id of the request; empty when it could not be read.</summary>
    public required string Request { get; init; }

    /// <summary>How it was addressed: <c>local node group all</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>Subject of a request over NATS.</summary>
    public string? Subject { get; init; }

    /// <summary><c>allowed</c>, <c>denied</c> by policy, or <c>refused</c> before it was looked at.</summary>
    public required string Decision { get; init; }

    /// <summary>Code of the reply when it was decided; <c>pending</c> for a check whose result had to be waited for.</summary>
    public required string Code { get; init; }

    /// <summary>Why, when it is not <c>ok</c>.</summary>
    public string? Message { get; init; }

    /// <summary>What was asked about: names, also of machines that do not exist; absent when nothing matched, or nothing was looked at.</summary>
    public ImmutableArray<string>? Machines { get; init; }

    /// <summary>Of these, the ones that policy denied, when others were allowed.</summary>
    public ImmutableArray<string>? Denied { get; init; }

    /// <summary>How many more machines there were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int More { get; init; }

    /// <summary>Of action <c>transition</c>: which.</summary>
    public string? Transition { get; init; }

    /// <summary>What the caller gave as reason.</summary>
    public string? Reason { get; init; }

    /// <summary>Milliseconds from arrival to the decision.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double DurationMs { get; init; }

    /// <summary>Of refusals without a proven caller: how many more like the first there were since. Absent in a row that stands for one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Repeated { get; init; }
}

/// <summary>Both ends included.</summary>
public sealed record SequenceRange(string First, string Last);
