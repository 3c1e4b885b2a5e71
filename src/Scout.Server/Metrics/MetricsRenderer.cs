using Scout.Server.Configuration;
using Scout.Server.Metrics.Mesh;

namespace Scout.Server.Metrics;

/// <summary>Renders both texts into memory that is kept, one at a time.</summary>
internal sealed class MetricsRenderer(string node, MetricsOptions limits, NodeCounters counters, DateTimeOffset startedAt, MeshMetricsOptions? meshOptions = null)
{
    private readonly Lock gate = new();
    private readonly ExpositionWriter writer = new(node);
    private readonly MeshMetrics mesh = new(meshOptions ?? new MeshMetricsOptions());

    /// <summary>The page <c>/metrics</c>.</summary>
    public byte[] Page(NodeSample sample)
    {
        lock (gate)
        {
            Render(sample, ProcessSample.Now(startedAt));
            return writer.Written.ToArray();
        }
    }

    /// <summary>The textfile; the text is valid only during the call.</summary>
    public T Textfile<T>(NodeSample sample, Func<ReadOnlyMemory<byte>, T> use)
    {
        lock (gate)
        {
            Render(sample, null);
            return use(writer.Written);
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
