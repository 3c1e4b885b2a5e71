using System.Collections.Immutable;
using System.Text.Json;
using Scout.Protocol.Events;

namespace Scout.Server.Rpc;

/// <summary>What the node says of itself. The functions are called on the loop.</summary>
internal sealed record RpcNode
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required string Mode { get; init; }

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public string? Zone { get; init; }

    public string? Region { get; init; }

    public Func<JsonElement> Facts { get; init; } = static () => default;

    public Func<OutboxDepth> Outbox { get; init; } = static () => new OutboxDepth(0, 0);

    /// <summary>The line to the broker, for people.</summary>
    public Func<string> Broker { get; init; } = static () => "none configured";

    /// <summary>How the node stands with its fleet, in a word; null in dev mode and without a broker.</summary>
    public Func<string?> Enrolment { get; init; } = static () => null;

    /// <summary>Serial of the trust document in force; null without one.</summary>
    public Func<long?> Trust { get; init; } = static () => null;

    /// <summary>First error lines of files that were never good, with the file's name.</summary>
    public Func<ImmutableArray<(string File, string Error)>> Refused { get; init; } = static () => [];
}
