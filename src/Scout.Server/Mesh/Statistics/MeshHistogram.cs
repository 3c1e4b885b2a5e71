using System.Collections.Immutable;

namespace Scout.Server.Mesh.Statistics;

/// <summary>Durations by the buckets of mesh.md section 5: 50 us x 2^i, i = 0..13. One thread observes, any may read.</summary>
internal sealed class MeshHistogram
{
    /// <summary>Upper bounds, seconds; a 15th bucket holds what is longer.</summary>
    public static readonly ImmutableArray<double> Bounds = [.. Enumerable.Range(0, 14).Select(i => 50e-6 * (1 << i))];

    private readonly long[] counts = new long[15];
    private long sumNanoseconds;

    /// <param name="nanoseconds">Negative counts as 0.</param>
    public void Observe(long nanoseconds)
    {
        if (nanoseconds < 0) nanoseconds = 0;
        int bucket = 0;
        while (bucket < 14 && nanoseconds > 50_000L << bucket) bucket++;
        Volatile.Write(ref counts[bucket], counts[bucket] + 1);
        Volatile.Write(ref sumNanoseconds, sumNanoseconds + nanoseconds);
    }

    public MeshHistogramSample Sample()
    {
        var cumulative = ImmutableArray.CreateBuilder<long>(counts.Length);
        long total = 0;
        for (int i = 0; i < counts.Length; i++) cumulative.Add(total += Volatile.Read(ref counts[i]));
        return new MeshHistogramSample(cumulative.MoveToImmutable(), Volatile.Read(ref sumNanoseconds) / 1e9);
    }
}

/// <summary>A histogram at one moment.</summary>
/// <param name="Cumulative">15 counts: at or below each bound, the last is all of them.</param>
/// <param name="Sum">Seconds.</param>
internal sealed record MeshHistogramSample(ImmutableArray<long> Cumulative, double Sum)
{
    public static MeshHistogramSample Empty { get; } = new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0);
}
