using Scout.Server.Metrics.Mesh;
using Scout.Server.Metrics.Traffic;

namespace Scout.Server.Metrics;

/// <summary>The whole text of <c>/metrics</c> and of the textfile, as a pure function of what it is given.</summary>
internal static class MetricsText
{
    /// <summary>Renders into the writer, which is emptied first; tells what the bounds cost.</summary>
    /// <param name="writer">Reused between renderings.</param>
    /// <param name="node">The state.</param>
    /// <param name="budget">Fresh for each rendering.</param>
    /// <param name="process">Null: the textfile, whose families are those marked T.</param>
    /// <param name="mesh">Null: no mesh.</param>
    public static void Render(ExpositionWriter writer, NodeSample node, SeriesBudget budget, ProcessSample? process, MeshMetrics? mesh = null)
    {
        writer.Clear();
        bool textfile = process is null;
        MachineFamilies.Write(writer, node.Machines, budget, textfile);
        NodeFamilies.Write(writer, node, textfile);
        if (node.Mesh is { } snapshot) mesh?.Write(writer, node, snapshot, textfile);
        if (process is not null && node.Traffic is { } traffic) TrafficFamilies.Write(writer, traffic);
        if (process is not null && node.Cluster is { } cluster) ClusterFamilies.Write(writer, cluster);
        if (process is not null) ProcessFamilies.Write(writer, node.Node, process);
    }
}
