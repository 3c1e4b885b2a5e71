namespace Scout.Cli.Meshes;

/// <summary>A square or oblong of numbers: who probes, whom, how well.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Unit"><c>%</c> or <c>ms</c>.</param>
/// <param name="Rows">Who probes.</param>
/// <param name="Columns">Who echoes.</param>
/// <param name="Values">By row and column; null where there is no data.</param>
internal sealed record Heat(string Title, string Unit, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns, double?[,] Values)
{
    /// <summary>The largest value; 0 without any.</summary>
    public double Largest => Values.Cast<double?>().Max() ?? 0;

    /// <summary>0 for nothing to see to 1 for the worst: loss by its logarithm from 0.01 % to 100 %, times by the spread of this table.</summary>
    public double Glow(double value)
    {
        if (Unit == "%") return value < 0.01 ? 0 : Math.Clamp((Math.Log10(value) + 2) / 4, 0, 1);
        double[] known = [.. Values.Cast<double?>().OfType<double>().Order()];
        double low = known[0], high = known[^1];
        // A table of nearly equal times is calm, whatever their size.
        return high <= low * 1.5 ? 0 : Math.Clamp(Math.Log(value / Math.Max(low, 1e-6)) / Math.Log(high / Math.Max(low, 1e-6)), 0, 1);
    }

    /// <summary>A cell as text: <c>.</c> for under 0.01, <c>-</c> for no data.</summary>
    public static string Cell(double? value) => value switch
    {
        null => "-",
        < 0.005 => ".",
        < 100 => value.Value.ToString("0.00", null),
        _ => value.Value.ToString("0", null),
    };
}
