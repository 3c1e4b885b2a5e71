using Scout.Traffic.Kernel;
using Scout.Traffic.Probing;

namespace Scout.Benchmarks.Traffic;

/// <summary>What a packet costs in the program of the accounting, against a program of two instructions in the same rounds (BPF_PROG_TEST_RUN).</summary>
internal static class TrafficBenchmark
{
    private const int Skipped = 77;

    // As many runs as 15 rounds of 200 000, in turns that fit between two of a neighbour.
    private const int Rounds = 300;
    private const int ShortRounds = 50;
    private const uint Repeats = 10_000;

    public static Task<int> RunAsync(string[] args)
    {
        TrafficProbeReport probe = TrafficProbe.Run(null, TimeProvider.System);
        if (!probe.IsOk)
        {
            Console.WriteLine($"skipped: {probe.Reason}");
            return Task.FromResult(Skipped);
        }

        int rounds = args.Contains("--quick") ? ShortRounds : Rounds;
        var cost = ProgramCost.Measure(LinuxBpf.Open(), TimeProvider.System, rounds, Repeats);
        Console.WriteLine($"{rounds} rounds of {Repeats} runs of each, the minimum of each");
        Console.WriteLine("| way | ns a packet | ratio (gate) |");
        Console.WriteLine("|---|---|---|");
        Console.WriteLine($"| empty program | {cost.Empty:0.0} | 1 |");
        Row("ClusterIP", cost.ClusterIp, ProgramCost.MostOfShortWays);
        Row("unknown peer", cost.Unknown, ProgramCost.MostOfShortWays);
        Row("endpoint", cost.Endpoint, ProgramCost.MostOfEndpoint);
        string word = cost.IsWithinGates ? "true" : "false";
        Console.WriteLine(
            $$"""{"benchmark":"traffic","empty_ns":{{cost.Empty:0.0}},"cluster_ip_ns":{{cost.ClusterIp:0.0}},"unknown_ns":{{cost.Unknown:0.0}},"endpoint_ns":{{cost.Endpoint:0.0}},"passed":{{word}}}""");
        return Task.FromResult(cost.IsWithinGates ? 0 : 1);

        void Row(string way, double mine, double gate) => Console.WriteLine($"| {way} | {mine:0.0} | {mine / cost.Empty:0.0} (≤ {gate:0}) |");
    }
}
