using Scout.Benchmarks.Measuring;

namespace Scout.Benchmarks.Spawn;

/// <summary>One round of one side.</summary>
/// <param name="Runs">That were good.</param>
/// <param name="Own">Microseconds of CPU of the supervisor.</param>
/// <param name="Children">Of the plugins.</param>
/// <param name="Wall">Microseconds.</param>
/// <param name="Bytes">Allocated; 0 for C.</param>
internal readonly record struct SpawnRound(double Runs, double Own, double Children, double Wall, double Bytes)
{
    /// <summary>Runs per second of CPU, plugins included.</summary>
    public double Rate => Runs / (Own + Children) * 1e6;

    public double OwnPerRun => Own / Runs;
}

/// <summary>What the rounds of one plugin say.</summary>
internal sealed class SpawnFigures
{
    private readonly List<(SpawnRound C, SpawnRound Scout)> rounds = [];

    public void Add(SpawnRound c, SpawnRound scout) => rounds.Add((c, scout));

    public double Ratio => Quantiles.Median(rounds.Select(round => round.Scout.Rate / round.C.Rate));

    public double OwnRatio => Quantiles.Median(rounds.Select(round => round.Scout.OwnPerRun / round.C.OwnPerRun));

    public double CRate => Quantiles.Median(rounds.Select(round => round.C.Rate));

    public double ScoutRate => Quantiles.Median(rounds.Select(round => round.Scout.Rate));

    public double COwn => Quantiles.Median(rounds.Select(round => round.C.OwnPerRun));

    public double ScoutOwn => Quantiles.Median(rounds.Select(round => round.Scout.OwnPerRun));

    public double ScoutWall => Quantiles.Median(rounds.Select(round => round.Scout.Wall / round.Scout.Runs));

    public double Bytes => Quantiles.Median(rounds.Select(round => round.Scout.Bytes / round.Scout.Runs));

    /// <summary>How far the middle half of the C rates spreads, as a share of their median.</summary>
    public double Spread
    {
        get
        {
            double[] rates = [.. rounds.Select(round => round.C.Rate)];
            return (Quantiles.Of(rates, 0.75) - Quantiles.Of(rates, 0.25)) / Quantiles.Median(rates);
        }
    }
}
