using Scout.Machines.Definitions;
using Scout.Machines.Runs;
using Scout.Machines.Simulated;
using Scout.Machines.Tests.Simulated;

namespace Scout.Machines.Tests.Hosting;

/// <summary>Definitions that change all the time while the machines are at work (reliability.md R12, in virtual time).</summary>
[Trait("fault", "R12")]
public sealed class ReloadUnderLoadTests
{
    private const int Machines = 1_000;
    private const int Untouched = 100;
    private const int Seconds = 300;
    private static readonly TimeSpan Takes = TimeSpan.FromMilliseconds(300);

    [Fact]
    public void Ten_percent_changed_each_second_cost_no_overlap_no_burst_and_no_phase_of_the_others()
    {
        var simulation = new Simulation(seed: 12) { Answers = static _ => Answer.Ok with { Takes = Takes } };
        var runs = new Dictionary<string, List<TimeSpan>>(StringComparer.Ordinal);
        var perSecond = new int[Seconds + 1];
        int overlaps = 0;
        DateTimeOffset begin = simulation.Time.GetUtcNow();
        MachineDefinition[] definitions = [.. Enumerable.Range(0, Machines).Select(index => Variant(index, 0))];
        SimulatedNode node = simulation.AddNode("web1", definitions);
        node.Started = Note;
        node.Start();
        for (int second = 0; second < Seconds; second++)
        {
            for (int change = 0; change < Machines / 10; change++)
            {
                int index = simulation.Random.Next(Machines - Untouched);
                definitions[index] = Variant(index, second + 1);
            }

            node.Apply(definitions);
            simulation.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, overlaps);
        // Those of the first seconds are the first looks of all machines.
        Assert.All(perSecond[2..Seconds], starts => Assert.InRange(starts, Machines * 8 / 10, Machines * 12 / 10));
        foreach (MachineDefinition kept in definitions[^Untouched..])
        {
            List<TimeSpan> starts = runs[kept.Name][2..];
            Assert.InRange(starts.Count, Seconds - 3, Seconds);
            Assert.Single(starts.Select(start => start.Ticks % TimeSpan.TicksPerSecond).Distinct());
            Assert.Equal("OK", node.Host.Find(kept.Name)!.State);
        }

        // A machine that changes every ten seconds or so still looks almost every second.
        Assert.All(definitions[..^Untouched], changed => Assert.InRange(runs[changed.Name].Count, Seconds * 8 / 10, Seconds * 12 / 10));

        void Note(RunRequest request)
        {
            if (!runs.TryGetValue(request.Machine, out List<TimeSpan>? starts)) runs.Add(request.Machine, starts = []);
            TimeSpan now = simulation.Time.GetUtcNow() - begin;
            if (starts.Count > 0 && now - starts[^1] < Takes) overlaps++;
            starts.Add(now);
            perSecond[(int)now.TotalSeconds]++;
        }
    }

    /// <summary>The same check with another number of attempts: a changed definition of the same subject.</summary>
    private static MachineDefinition Variant(int index, int version) =>
        Make.Check($"check_{index}", check => check with { Interval = TimeSpan.FromSeconds(1), Splay = TimeSpan.FromSeconds(1), Attempts = 1 + (version % 7) });
}
