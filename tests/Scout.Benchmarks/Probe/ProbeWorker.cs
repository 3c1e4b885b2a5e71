using System.Globalization;
using System.Text;
using Scout.Benchmarks.Measuring;
using Scout.Checks;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Names;
using Scout.Checks.Probes.Options;
using Scout.Machines.Definitions;
using Scout.Server.Definitions;
using Scout.Server.Foreground;

namespace Scout.Benchmarks.Probe;

/// <summary>
/// Scout's side of the probe benchmark, a process of its own. <c>alone</c>: the probe itself, one after another. <c>checks</c>: whole checks by the real loop,
/// from due to encoded event, without disk and network. Each line on stdin is a number of results; the answer is results, CPU, wall time, bytes.
/// </summary>
internal static class ProbeWorker
{
    private const int Machines = 1000;

    /// <param name="options"><c>alone</c> or <c>checks</c>, then the probe as a definition has it: <c>tcp: { ... }</c>.</param>
    public static async Task<int> RunAsync(string[] options)
    {
        DefinitionFile file = Definitions(options[0] == "alone" ? 1 : Machines, options[1]);
        if (file.Findings.Length > 0)
        {
            await Console.Error.WriteLineAsync(file.Findings[0].ToString());
            return 2;
        }

        return options[0] == "alone" ? await AloneAsync((ProbeOptions)((ProbeSubject)file.Machines[0].Check!.Subject).Options) : await ChecksAsync(file);
    }

    private static async Task<int> AloneAsync(ProbeOptions probe)
    {
        var context = new ProbeContext { Time = TimeProvider.System, Names = new SystemNameLookup() };
        while (await Console.In.ReadLineAsync() is { } line)
        {
            int wanted = int.Parse(line, CultureInfo.InvariantCulture);
            await MeasureAsync(async () =>
            {
                int good = 0;
                for (int i = 0; i < wanted; i++)
                {
                    if ((await probe.RunAsync(context, CancellationToken.None)).Status == CheckStatus.Ok) good++;
                }

                return good;
            });
        }

        return 0;
    }

    private static async Task<int> ChecksAsync(DefinitionFile file)
    {
        using var stop = new CancellationTokenSource();
        long good = 0;
        Task all = ForegroundMachines.RunAsync(
            file.Machines, new ForegroundOptions { Node = "bench" }, one =>
            {
                // The event is there as bytes: that is the end of a check here.
                if (one.Event is Scout.Machines.Hosting.CheckEvent { Outcome.Status: Scout.Machines.CheckStatus.Ok } && one.Json.Length > 0) Interlocked.Increment(ref good);
            },
            stop.Token);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            int wanted = int.Parse(line, CultureInfo.InvariantCulture);
            long began = Interlocked.Read(ref good);
            await MeasureAsync(async () =>
            {
                while (Interlocked.Read(ref good) - began < wanted) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                return (int)(Interlocked.Read(ref good) - began);
            });
        }

        await stop.CancelAsync();
        await all;
        return 0;
    }

    private static async Task MeasureAsync(Func<Task<int>> run)
    {
        long own = CpuClock.Own;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long start = TimeProvider.System.GetTimestamp();
        int good = await run();
        double wall = TimeProvider.System.GetElapsedTime(start).TotalMicroseconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{good} {CpuClock.Own - own} {(long)wall} {GC.GetTotalAllocatedBytes(precise: true) - allocated}"));
    }

    private static DefinitionFile Definitions(int count, string probe)
    {
        var yaml = new StringBuilder("checks:\n");
        for (int i = 0; i < count; i++) yaml.Append(CultureInfo.InvariantCulture, $"  - {{ name: probe{i}, interval: 500ms, splay: 500ms, timeout: 5s, {probe} }}\n");
        return DefinitionReader.Read("/bench/probe.yaml", Encoding.UTF8.GetBytes(yaml.ToString()), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
    }
}
