using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Scout.Protocol.Mesh;

/// <summary>The mesh in a page: document <c>summary</c> in the bucket <c>SCOUT_MESH</c>, written each second by the broker that holds the lease.</summary>
public sealed record MeshSummary
{
    public const string SchemaName = "io.scout.mesh.summary.v1";
    public const string Key = "summary";
    public const int MaxBytes = 64 * 1024;

    /// <summary>Names in a list; more are only counted.</summary>
    public const int MaxNames = 64;

    public string Schema { get; init; } = SchemaName;

    /// <summary>Broker that wrote it.</summary>
    public required string Broker { get; init; }

    /// <summary>When this was written: older than 30 s is no data.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>In the topology.</summary>
    public required int Nodes { get; init; }

    public required int Zones { get; init; }

    /// <summary>k; 0: a full mesh.</summary>
    public required int Rings { get; init; }

    /// <summary>Ordered pairs that are probed all the time.</summary>
    public required long Paths { get; init; }

    /// <summary>UDP and TCP, of one node on average.</summary>
    public required double ProbesPerSecond { get; init; }

    /// <summary>Seconds over which loss, late and stalled were counted.</summary>
    public required double WindowS { get; init; }

    /// <summary>Nodes whose messages arrive.</summary>
    public required int Reporting { get; init; }

    /// <summary>Age of the newest message of the node that is furthest behind among those reporting, in seconds.</summary>
    public double DataAgeS { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Loss { get; init; }

    /// <summary>Milliseconds; absent without an answer.</summary>
    public double? RttP50Ms { get; init; }

    public double? RttP99Ms { get; init; }

    public required long Late { get; init; }

    /// <summary>Share of probes that were not counted because their sender stood still, 0 to 1.</summary>
    public required double Stalled { get; init; }

    /// <summary>Background loss p0 of the localiser.</summary>
    public double Background { get; init; }

    /// <summary>Nodes whose faults do not page, each with the reason: <c>n12 (cordoned)</c>.</summary>
    public ImmutableArray<string> Maintenance { get; init; } = [];

    public ImmutableArray<string> Leaving { get; init; } = [];

    /// <summary>Expected, but silent.</summary>
    public ImmutableArray<string> Missing { get; init; } = [];

    /// <summary>Open faults by state.</summary>
    public required int Suspects { get; init; }

    public required int Confirmed { get; init; }

    /// <summary>Ids of the open faults, the gravest first; each has a document <c>fault.ID</c>.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    /// <summary>Faults beyond the bound of open ones.</summary>
    public int More { get; init; }

    /// <summary>Milliseconds of the last evaluation.</summary>
    public double LocaliseMs { get; init; }

    public byte[] ToBytes() => MeshJson.ToBytes(this, MeshJsonContext.Default.MeshSummary);

    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out MeshSummary? summary, [NotNullWhen(false)] out string? error)
    {
        if (!MeshJson.TryRead(json, MaxBytes, MeshJsonContext.Default.MeshSummary, out summary, out error)) return false;
        error = summary.Schema != SchemaName ? $"its schema is '{Shown.Clip(summary.Schema)}', not {SchemaName}"
            : summary.Faults.IsDefault || summary.Faults.Any(static id => !MeshFault.IsId(id)) ? "its list of faults holds what is no id"
            : null;
        if (error is null) return true;
        summary = null;
        return false;
    }
}
