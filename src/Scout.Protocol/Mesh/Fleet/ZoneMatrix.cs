using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Scout.Protocol.Mesh;

/// <summary>Loss and round trips between zones: document <c>matrix.zone</c> in the bucket <c>SCOUT_MESH</c>.</summary>
public sealed record ZoneMatrix
{
    public const string SchemaName = "io.scout.mesh.matrix.v1";
    public const string Key = "matrix.zone";
    public const int MaxBytes = 64 * 1024;

    /// <summary>Zones with a name of their own; the rest is <c>other</c>.</summary>
    public const int MaxZones = 16;

    public const string Other = "other";

    public string Schema { get; init; } = SchemaName;

    public required DateTimeOffset At { get; init; }

    /// <summary>Seconds it covers.</summary>
    public required double WindowS { get; init; }

    /// <summary>Sorted; an unknown zone is <c>-</c>, <see cref="Other"/> is last.</summary>
    public required ImmutableArray<string> Zones { get; init; }

    /// <summary>Ordered pairs with data, by rows of zones that probe.</summary>
    public required ImmutableArray<ZoneCell> Cells { get; init; }

    public ZoneCell? Find(string from, string to) => Cells.FirstOrDefault(cell => cell.From == from && cell.To == to);

    public byte[] ToBytes() => MeshJson.ToBytes(this, MeshJsonContext.Default.ZoneMatrix);

    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out ZoneMatrix? matrix, [NotNullWhen(false)] out string? error)
    {
        if (!MeshJson.TryRead(json, MaxBytes, MeshJsonContext.Default.ZoneMatrix, out matrix, out error)) return false;
        error = matrix.Schema != SchemaName ? $"its schema is '{Shown.Clip(matrix.Schema)}', not {SchemaName}"
            : matrix.Zones.IsDefault || matrix.Cells.IsDefault || matrix.Zones.Length > MaxZones + 1 ? "its zones are too many or none"
            : matrix.Zones.Any(static zone => !IsZone(zone)) || matrix.Cells.Any(static cell => !IsZone(cell.From) || !IsZone(cell.To)) ? "a zone in it is no name"
            : null;
        if (error is null) return true;
        matrix = null;
        return false;
    }

    private static bool IsZone(string? zone) => zone == "-" || (zone is not null && Names.IsNode(zone));
}

/// <summary>From the nodes of one zone to those of another, or of the same.</summary>
/// <param name="From">Zone that probes.</param>
/// <param name="To">Zone that echoes.</param>
/// <param name="Sent">UDP probes that count: answered or lost.</param>
/// <param name="Loss">0 to 1.</param>
/// <param name="P50Ms">Milliseconds; absent without an answer.</param>
/// <param name="P99Ms">Milliseconds; absent without an answer.</param>
/// <param name="Tcp">Share of TCP probes that failed, 0 to 1; absent without one.</param>
public sealed record ZoneCell(string From, string To, long Sent, double Loss, double? P50Ms, double? P99Ms, double? Tcp);
