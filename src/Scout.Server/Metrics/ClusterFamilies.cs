using Scout.Kubernetes;

namespace Scout.Server.Metrics;

/// <summary>The series of what is read of the Kubernetes API. A pure function of the sample.</summary>
internal static class ClusterFamilies
{
    public static void Write(ExpositionWriter writer, ClusterSample sample)
    {
        foreach (ClusterFamily family in ClusterSeries.Of(sample))
        {
            if (family.IsCounter) writer.Counter(family.Name, family.Help);
            else writer.Gauge(family.Name, family.Help);
            foreach (ClusterRow row in family.Rows)
            {
                writer.Begin();
                foreach ((string name, string value) in row.Labels) writer.Label(name, value);
                writer.Value(row.Value);
            }
        }
    }
}
