using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Metrics.Mesh;

/// <summary>The mesh part of both texts; remembers how many series were dropped so far. One thread at a time.</summary>
internal sealed class MeshMetrics(MeshMetricsOptions options)
{
    private long dropped;

    public void Write(ExpositionWriter writer, NodeSample node, MeshSnapshot mesh, bool textfile)
    {
        dropped += MeshFamilies.Write(writer, mesh, options, dropped, node.Version, textfile);
        if (!textfile && options.Compat.Length > 0) MeshCompat.Write(writer, node.Node, mesh, options);
    }
}
