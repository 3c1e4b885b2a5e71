using System.Text.Json;
using Scout.Machines.Definitions;

namespace Scout.Machines.Hosting;

/// <summary>What a host is made of. All time and chance comes in here.</summary>
public sealed record MachineHostOptions
{
    /// <summary>Name of the node; part of every phase (machines.md 6.1).</summary>
    public required string Node { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Makes event ids: UUIDv7 in the server, counted in simulation.</summary>
    public required Func<Guid> NewId { get; init; }

    /// <summary>For schedules that give none.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>For checks that give none.</summary>
    public EventDetail Events { get; init; } = EventDetail.Changes;

    /// <summary>When the host booted last, wall clock; a result older than that does not count as fresh enough (6.1).</summary>
    public DateTimeOffset? BootedAt { get; init; }

    /// <summary>JSON object of facts; read at each run.</summary>
    public Func<JsonElement> Facts { get; init; } = static () => default;

    /// <summary>JSON object of overrides; read at each run.</summary>
    public Func<JsonElement> Overrides { get; init; } = static () => default;

    /// <summary>False in scenarios: every place is 0 and the grid begins when the host is made (11.1).</summary>
    public bool Splay { get; init; } = true;

    /// <summary>Where the grid of all checks begins when <see cref="Splay"/> is false; null: when the host is made.</summary>
    public DateTimeOffset? GridOrigin { get; init; }
}
