using System.Collections.Immutable;

namespace Scout.Server.Metrics.Mesh;

/// <summary><c>mesh.metrics</c> of the configuration.</summary>
public sealed record MeshMetricsOptions
{
    /// <summary>Names of older tools to show besides our own: <c>scout</c>, <c>kconmon</c>, <c>monlat</c>.</summary>
    public ImmutableArray<string> Compat { get; init; } = [];

    /// <summary>Begins the names of the switch <c>kconmon</c>.</summary>
    public string KconmonPrefix { get; init; } = "kconmon";

    /// <summary>Series of the mesh on this node, 100 to 100,000; later ones are dropped and counted.</summary>
    public int MaxSeries { get; init; } = 1000;

    /// <summary>How long the series of a peer that left are still shown, so that its last increments are scraped; 0 to 1 h.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromMinutes(5);
}
