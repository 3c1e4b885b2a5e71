using System.Collections.Immutable;

namespace Scout.Server.Mesh.Statistics;

/// <summary>What the metrics of kconmon want to know of <c>dns</c> checks: by the name that is asked for. Any thread.</summary>
internal sealed class DnsCompatTally
{
    /// <summary>Names; later ones are left out.</summary>
    private const int Most = 64;

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, DnsCompatSample> samples = new(StringComparer.Ordinal);

    /// <summary>A check ended.</summary>
    /// <param name="host">The name it asked for.</param>
    /// <param name="passed">Whether it was OK.</param>
    /// <param name="took">All of it.</param>
    public void Add(string host, bool passed, TimeSpan took)
    {
        lock (gate)
        {
            if (!samples.TryGetValue(host, out DnsCompatSample before) && samples.Count == Most) return;
            samples[host] = new DnsCompatSample(host, took.TotalMilliseconds, before.Passed + (passed ? 1 : 0), before.Failed + (passed ? 0 : 1));
        }
    }

    public ImmutableArray<DnsCompatSample> Sample()
    {
        lock (gate) return [.. samples.Values];
    }
}

/// <summary>One name.</summary>
/// <param name="Host">As asked for.</param>
/// <param name="Milliseconds">Of the last check.</param>
/// <param name="Passed">Checks that were OK.</param>
/// <param name="Failed">Others.</param>
internal readonly record struct DnsCompatSample(string Host, double Milliseconds, long Passed, long Failed);
