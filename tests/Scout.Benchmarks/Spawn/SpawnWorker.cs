using System.Globalization;
using Scout.Benchmarks.Measuring;
using Scout.Checks;
using Scout.Checks.Execution;

namespace Scout.Benchmarks.Spawn;

/// <summary>
/// Scout's side of the spawn benchmark, a process of its own so that nothing else is counted: reads lines with a number of checks, runs that many, and
/// answers with: good checks, microseconds of CPU of its own, of its plugins, of wall time, bytes allocated.
/// </summary>
internal static class SpawnWorker
{
    /// <param name="options">How many at a time, then the program and its arguments.</param>
    public static async Task<int> RunAsync(string[] options)
    {
        int width = int.Parse(options[0], CultureInfo.InvariantCulture);
        var request = new PluginRequest
        {
            Words = options[1..],
            Directory = "/",
            Environment =
            [
                new("PATH", PluginExecutorOptions.SystemPath), new("LC_ALL", "C.UTF-8"), new("HOME", "/"), new("MACHINE_NAME", "bench"),
                new("MACHINE_WATCHER_NAME", "check"), new("SCOUT_NODE", "node1"), new("SCOUT_STATE", "OK"), new("SCOUT_ATTEMPT", "1/1"),
            ],
            Timeout = TimeSpan.FromSeconds(10),
            Owner = "bench",
        };
        await using var executor = new PluginExecutor(new PluginExecutorOptions());
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var round = new Round(executor, request, int.Parse(line, CultureInfo.InvariantCulture));
            long own = CpuClock.Own;
            long children = CpuClock.Children;
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            long start = TimeProvider.System.GetTimestamp();
            int good = await round.RunAsync(width);
            double wall = TimeProvider.System.GetElapsedTime(start).TotalMicroseconds;
            long bytes = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{good} {CpuClock.Own - own} {CpuClock.Children - children} {(long)wall} {bytes}"));
        }

        return 0;
    }

    private sealed class Round(PluginExecutor executor, PluginRequest request, int count)
    {
        private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left = count;
        private int open = count;
        private int good;

        public async Task<int> RunAsync(int width)
        {
            for (int index = 0; index < width; index++) Next();
            await done.Task;
            return good;
        }

        private void Next()
        {
            if (Interlocked.Decrement(ref left) >= 0) executor.Start(request, this, static (result, state) => ((Round)state!).Completed(result));
        }

        /// <summary>Only what was read as it was printed counts as a check.</summary>
        private void Completed(PluginResult result)
        {
            if (result is { Status: CheckStatus.Ok, Reason: "exit", Output: { Text.Length: > 0, PerfData: [{ Unit: "seconds" }] } }) Interlocked.Increment(ref good);
            if (Interlocked.Decrement(ref open) == 0) done.SetResult();
            else Next();
        }
    }
}
