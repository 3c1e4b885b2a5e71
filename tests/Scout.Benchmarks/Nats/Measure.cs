using Scout.Benchmarks.Measuring;

namespace Scout.Benchmarks.Nats;

/// <summary>One run: messages a second, CPU of this process and of the server in microseconds a message, bytes allocated a message.</summary>
internal sealed record Run(double Rate, double OwnCpu, double ServerCpu, double Allocated);

/// <summary>A row of the table: medians over the rounds, and how far the bare side varied by itself.</summary>
internal sealed record Row(string Name, double Ratio, Run Raw, Run Ours, double Spread);

internal static class Measure
{
    private const int MaxRepeats = 3;
    /// <summary>How far the bare side may vary (10th to 90th of a hundred, as a share of its median) before its ratios say nothing.</summary>
    public const double MaxSpread = 0.25;

    public static async Task<Run> RunAsync(int serverPid, int messages, Func<Task> body)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long own = CpuClock.Own;
        double server = CpuClock.OfProcess(serverPid);
        long start = TimeProvider.System.GetTimestamp();
        await body();
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        return new Run(
            messages / seconds, (CpuClock.Own - own) / (double)messages, (CpuClock.OfProcess(serverPid) - server) / messages,
            (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)messages);
    }

    /// <summary>Raw, ours, ours, raw, in rounds. A measurement in which raw varies by more than a quarter is made again.</summary>
    public static async Task<Row> CompareAsync(string name, int rounds, Func<Task<Run>> raw, Func<Task<Run>> ours)
    {
        await raw();
        await ours();
        Row? best = null;
        for (int repeat = 0; repeat < MaxRepeats; repeat++)
        {
            List<Run> bare = [];
            List<Run> mine = [];
            List<double> ratios = [];
            for (int round = 0; round < rounds; round++)
            {
                Run first = await raw();
                Run one = await ours();
                Run two = await ours();
                Run last = await raw();
                bare.AddRange([first, last]);
                mine.AddRange([one, two]);
                ratios.Add((one.Rate + two.Rate) / (first.Rate + last.Rate));
            }

            double spread = (Quantiles.Of(bare.Select(run => run.Rate), 0.9) - Quantiles.Of(bare.Select(run => run.Rate), 0.1)) / Quantiles.Median(bare.Select(run => run.Rate));
            var row = new Row(name, Quantiles.Median(ratios), Median(bare), Median(mine), spread);
            if (best is null || row.Spread < best.Spread) best = row;
            if (spread <= MaxSpread) break;
        }

        return best!;
    }

    private static Run Median(List<Run> runs) => new(
        Quantiles.Median(runs.Select(run => run.Rate)), Quantiles.Median(runs.Select(run => run.OwnCpu)), Quantiles.Median(runs.Select(run => run.ServerCpu)),
        Quantiles.Median(runs.Select(run => run.Allocated)));
}
