using Scout.Server.Configuration;
using Scout.Server.Metrics.Mesh;

namespace Scout.Server.Metrics;

/// <summary>Renders both texts, one at a time.</summary>
internal sealed class MetricsRenderer(string node, MetricsOptions limits, NodeCounters counters, DateTimeOffset startedAt, MeshMetricsOptions? meshOptions = null)
{
    private readonly Lock gate = new();
    private readonly ExpositionWriter writer = new(node);
    private readonly MeshMetrics mesh = new(meshOptions ?? new MeshMetricsOptions());

    /// <summary>The page <c>/metrics</c>.</summary>
    public ReadOnlyMemory<byte>[] Page(NodeSample sample)
    {
        lock (gate)
        {
            Render(sample, ProcessSample.Now(startedAt));
            return writer.Take();
        }
    }

    /// <summary>The textfile.</summary>
    public ReadOnlyMemory<byte>[] Textfile(NodeSample sample)
    {
        lock (gate)
        {
            Render(sample, null);
            return writer.Take();
        }
    }

    private void Render(NodeSample sample, ProcessSample? process)
    {
        var budget = new SeriesBudget(limits.PerfData, limits.MaxSeries);
        MetricsText.Render(writer, sample, budget, process, mesh);
        counters.Limits.Add("series_machine", budget.MachineReached);
        counters.Limits.Add("series_node", budget.NodeReached);
        counters.Limits.Add("series_name", budget.NameReached);
    }
}
