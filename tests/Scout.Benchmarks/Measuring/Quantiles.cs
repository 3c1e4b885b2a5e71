namespace Scout.Benchmarks.Measuring;

/// <summary>Order statistics of a small sample.</summary>
internal static class Quantiles
{
    /// <summary>The value below which the share <paramref name="q"/> (0 to 1) of the sample lies, nearest rank.</summary>
    public static double Of(IEnumerable<double> sample, double q)
    {
        double[] sorted = [.. sample.Order()];
        if (sorted.Length == 0) return double.NaN;
        return sorted[Math.Clamp((int)Math.Ceiling(q * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    public static double Median(IEnumerable<double> sample) => Of(sample, 0.5);
}
