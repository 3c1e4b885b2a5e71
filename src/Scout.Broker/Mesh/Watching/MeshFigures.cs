using System.Collections.Immutable;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>What metrics show of the mesh; a copy, made each second.</summary>
public sealed record MeshFigures
{
    public required int Expected { get; init; }

    public required int Reporting { get; init; }

    public required ImmutableArray<ZoneCell> Zones { get; init; }

    public required ImmutableArray<MeshFault> Faults { get; init; }

    /// <summary>Since the start, by kind.</summary>
    public required ImmutableArray<(MeshFaultKind Kind, long Count)> Opened { get; init; }

    /// <summary>Seconds of the last evaluation.</summary>
    public required double LocaliseSeconds { get; init; }

    public required bool Lease { get; init; }

    /// <summary>Telemetry that was not used, by reason.</summary>
    public required ImmutableArray<(string Reason, long Count)> Ignored { get; init; }

    public required long Trials { get; init; }

    /// <summary>Faults that found no room among the open ones.</summary>
    public required long FaultsDropped { get; init; }
}

/// <summary>The newest figures; written by the service, read by the listener.</summary>
public sealed class MeshFiguresBoard
{
    private volatile MeshFigures? current;

    public MeshFigures? Current => current;

    public void Show(MeshFigures figures) => current = figures;
}
