using System.Globalization;
using System.Runtime.InteropServices;
using Scout.Checks.Execution;
using Scout.Testing;

namespace Scout.Checks.Tests.Execution;

/// <summary>The short form of the spawn benchmark (plugins.md section 11): three rounds, a gate that only a mistake misses.</summary>
[Collection(nameof(ExecutorCollection))]
public sealed partial class PerformanceTests
{
    private const int Runs = 200;

    [Fact]
    public async Task A_run_costs_at_most_twice_what_a_bare_loop_in_c_costs_and_two_kilobytes()
    {
        await using var lab = new ExecutorLab();
        string native = Path.Combine(Repository.Root, "tests/Scout.Benchmarks/native");
        string loop = lab.PathOf("spawnloop");
        string trivial = lab.PathOf("trivial");
        PluginResult compiled = await lab.Run(lab.Request("cc", "-O2", "-o", loop, Path.Combine(native, "spawnloop.c")));
        if (compiled.Cause == "not_found") Assert.Skip("cc is not installed");
        Assert.Equal(CheckStatus.Ok, compiled.Status);
        Assert.Equal(CheckStatus.Ok, (await lab.Run(lab.Request("cc", "-O2", "-o", trivial, Path.Combine(native, "trivial.c")))).Status);

        PluginRequest request = lab.Request(trivial);
        await RoundAsync(lab.Executor, request);
        var ratios = new List<double>();
        var bytes = new List<double>();
        for (int round = 0; round < 3; round++)
        {
            string[] words = (await lab.Run(lab.Request(loop, Runs.ToString(CultureInfo.InvariantCulture), trivial))).Output.Text.Split(' ');
            double bare = double.Parse(words[1], CultureInfo.InvariantCulture) + double.Parse(words[2], CultureInfo.InvariantCulture);
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            double before = Used(0) + Used(-1);
            await RoundAsync(lab.Executor, request);
            ratios.Add(bare / (Used(0) + Used(-1) - before));
            bytes.Add((GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)Runs);
        }

        Assert.True(ratios.Order().ElementAt(1) >= 0.5, $"runs per CPU second against C: {string.Join(' ', ratios)}");
        Assert.True(bytes.Min() <= 2048, $"bytes a check: {string.Join(' ', bytes)}");
    }

    private static async Task RoundAsync(PluginExecutor executor, PluginRequest request)
    {
        var round = new Round(executor, request);
        await round.Done.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        Assert.Equal(Runs, round.Good);
    }

    private static unsafe long Used(int who)
    {
        long* usage = stackalloc long[18];
        return getrusage(who, usage) == 0 ? ((usage[0] + usage[2]) * 1_000_000) + usage[1] + usage[3] : 0;
    }

    [LibraryImport("libc")]
    private static unsafe partial int getrusage(int who, long* usage);

    private sealed class Round
    {
        private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly PluginExecutor executor;
        private readonly PluginRequest request;
        private int left = Runs;
        private int open = Runs;
        private int good;

        public Round(PluginExecutor executor, PluginRequest request)
        {
            this.executor = executor;
            this.request = request;
            for (int index = 0; index < 4; index++) Next();
        }

        public Task Done => done.Task;

        public int Good => good;

        private void Next()
        {
            if (Interlocked.Decrement(ref left) >= 0) executor.Start(request, this, static (result, state) => ((Round)state!).Completed(result));
        }

        private void Completed(PluginResult result)
        {
            if (result is { Status: CheckStatus.Ok, Output.PerfData: [{ Unit: "seconds" }] }) Interlocked.Increment(ref good);
            if (Interlocked.Decrement(ref open) == 0) done.SetResult();
            else Next();
        }
    }
}
