using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>Files that are rewritten all the time under machines at work (reliability.md R12), in every way that editors and deployments have.</summary>
[Trait("fault", "R12")]
public sealed partial class ReloadUnderLoadTests
{
    private const int Machines = 200;
    private const int Untouched = 60;
    private const int Seconds = 5;
    private const int RewritesASecond = 20;

    private readonly Dictionary<int, int> versions = [];

    [Fact]
    public async Task No_run_overlaps_nothing_bursts_and_no_half_written_file_is_believed()
    {
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker.Url);
        for (int machine = 0; machine < Machines; machine++) node.Define($"m{machine}.yaml", string.Concat(Parts(machine)));
        await using var canary = new Canary();
        await node.StartAsync();
        await Until.TrueAsync("all are OK", async () => (await StatesAsync(node)).Count(row => row.State == "OK") == Machines, TimeSpan.FromSeconds(60), () => node.Process.Output);
        var before = (await StatesAsync(node)).ToDictionary(row => row.Machine, row => row.Since);
        DateTimeOffset began = TimeProvider.System.GetUtcNow();
        TimeSpan slowest = await RewriteAsync(node);
        DateTimeOffset ended = TimeProvider.System.GetUtcNow();
        string others = "";
        await Until.TrueAsync(
            "each machine runs what its file says",
            async () => (others = string.Join('\n', (await StatesAsync(node)).Where(row => row.Output != Text(row.Machine)).Take(10))).Length == 0,
            TimeSpan.FromSeconds(30),
            () => others);

        var after = (await StatesAsync(node)).ToDictionary(row => row.Machine, row => row.Since);
        Assert.All(Enumerable.Range(0, Untouched), machine => Assert.Equal(before[$"m{machine}"], after[$"m{machine}"]));
        await node.StopAsync();
        Run[] runs = await RunsAsync(broker);
        AssertWhole(runs, slowest);
        AssertNoOverlap(runs);
        AssertPace(runs, began, ended, canary.Lag);
        AssertPhase(runs, began, canary.Lag);
    }

    /// <summary>Half of the files by rename, half in place in three writes; of these five are deleted for a moment first.</summary>
    /// <returns>How long the slowest file was half-written.</returns>
    private async Task<TimeSpan> RewriteAsync(ScoutNode node)
    {
        var random = new Random(12);
        var slowest = TimeSpan.Zero;
        int deleted = 0;
        for (int change = 0; change < Seconds * RewritesASecond; change++)
        {
            int machine = random.Next(Untouched, Machines);
            versions[machine] = versions.GetValueOrDefault(machine) + 1;
            string[] parts = Parts(machine);
            string path = Path.Combine(node.Machines, $"m{machine}.yaml");
            if (change % 2 == 0)
            {
                node.Define($"m{machine}.yaml", string.Concat(parts));
            }
            else
            {
                if (deleted < 5)
                {
                    deleted++;
                    File.Delete(path);
                }

                long start = TimeProvider.System.GetTimestamp();
                await using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
                {
                    foreach (string part in parts)
                    {
                        await file.WriteAsync(Encoding.UTF8.GetBytes(part));
                        await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
                    }
                }

                TimeSpan half = TimeProvider.System.GetElapsedTime(start);
                if (half > slowest) slowest = half;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1000.0 / RewritesASecond), TimeProvider.System);
        }

        return slowest;
    }

    /// <summary>Each of the first two parts alone is a definition, too, only not the one that is meant.</summary>
    private string[] Parts(int machine)
    {
        int version = versions.GetValueOrDefault(machine);
        return
        [
            $"checks:\n  - name: m{machine}\n    events: all\n    interval: 1s\n    plugin: >-\n      /bin/sh -c 'echo \"OK v{version} $0 $1\"; exec sleep 0.02'\n",
            "      middle\n",
            $"      end{version}\n",
        ];
    }

    private string Text(string machine)
    {
        int version = versions.GetValueOrDefault(int.Parse(machine.AsSpan(1), CultureInfo.InvariantCulture));
        return $"OK v{version} middle end{version}";
    }

    private static void AssertWhole(Run[] runs, TimeSpan slowest)
    {
        Run[] half = [.. runs.Where(run => Shown().Match(run.Output) is not { Success: true } match || match.Groups["first"].Value != match.Groups["last"].Value)];
        // A writer that rests longer than the server waits for quiet is done, as far as anybody can tell.
        Assert.True(half.Length == 0 || slowest > TimeSpan.FromMilliseconds(200), $"{half.Length} runs of half a file, as {half.FirstOrDefault()}; a file took {slowest.TotalMilliseconds:0} ms at most");
    }

    private static void AssertNoOverlap(Run[] runs)
    {
        foreach (IGrouping<string, Run> machine in runs.GroupBy(run => run.Machine))
        {
            // Both ends are rounded to a millisecond.
            foreach ((Run first, Run second) in machine.Zip(machine.Skip(1)))
                Assert.True(second.Started >= first.Ended - TimeSpan.FromMilliseconds(2), $"{first} and {second} overlap");
        }
    }

    private static void AssertPace(Run[] runs, DateTimeOffset began, DateTimeOffset ended, TimeSpan lag)
    {
        int most = runs.Where(run => run.Started >= began && run.Started < ended).GroupBy(run => (int)(run.Started - began).TotalSeconds).Max(second => second.Count());
        // What was held up starts together afterwards.
        double allowed = Machines * (1.2 + (2 * lag.TotalSeconds));
        Assert.True(most <= allowed, $"{most} starts in a second, {allowed:0} are allowed with a lag of {lag.TotalMilliseconds:0} ms");
    }

    /// <summary>A machine that nobody touched keeps its place on the grid: the middle of its deviations, for single runs may be held up.</summary>
    private static void AssertPhase(Run[] runs, DateTimeOffset began, TimeSpan lag)
    {
        var moved = new List<string>();
        foreach (IGrouping<string, Run> machine in runs.Where(run => int.Parse(run.Machine.AsSpan(1), CultureInfo.InvariantCulture) < Untouched).GroupBy(run => run.Machine))
        {
            double[] phases = [.. machine.Where(run => run.Started >= began).Select(run => run.Started.TimeOfDay.TotalMilliseconds % 1000)];
            Assert.True(phases.Length > 1, $"{machine.Key} stood still");
            double first = phases[0];
            double[] off = [.. phases.Select(phase => Math.Abs(((phase - first + 1500) % 1000) - 500)).Order()];
            if (off[off.Length / 2] > 50 + lag.TotalMilliseconds) moved.Add($"{machine.Key}: {string.Join(' ', phases.Select(phase => phase.ToString("0", CultureInfo.InvariantCulture)))}");
        }

        // A first run that was held up moves one machine's deviations, not everybody's.
        Assert.True(moved.Count <= Untouched / 5, $"with a lag of {lag.TotalMilliseconds:0} ms:\n{string.Join('\n', moved)}");
    }

    private static async Task<Run[]> RunsAsync(ScoutBroker broker)
    {
        CommandResult all = await ScoutExecutable.RunAsync(["events", "--since", "1h", "-o", "jsonl", "--broker", broker.Url]);
        Assert.True(all.ExitCode == 0, all.ToString());
        return
        [
            .. all.JsonLines().Where(line => line.GetProperty("type").GetString() == "io.scout.check.result.v1").Select(line =>
            {
                JsonElement data = line.GetProperty("data");
                DateTimeOffset time = line.GetProperty("time").GetDateTimeOffset();
                return new Run(line.GetProperty("subject").GetString()!, time - TimeSpan.FromMilliseconds(data.GetProperty("duration_ms").GetDouble()), time, data.GetProperty("output").GetString()!);
            }).OrderBy(run => run.Started),
        ];
    }

    private static async Task<List<(string Machine, string State, string Since, string? Output)>> StatesAsync(ScoutNode node)
    {
        CommandResult status = await node.ScoutAsync("status", "-o", "json");
        Assert.True(status.ExitCode == 0, status.ToString());
        return
        [
            .. status.Json().EnumerateArray().Select(row => (
                row.GetProperty("machine").GetString()!,
                row.GetProperty("state").GetString()!,
                row.GetProperty("since").GetString()!,
                row.GetProperty("output").GetString())),
        ];
    }

    [GeneratedRegex("^OK v(?<first>[0-9]+) middle end(?<last>[0-9]+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shown();

    private sealed record Run(string Machine, DateTimeOffset Started, DateTimeOffset Ended, string Output);
}
