using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;
using Scout.Machines.Simulated;

namespace Scout.Machines.Tests.Simulated;

/// <summary>No bursts: after first sight, restart, RESUME and reload the load stays near the steady one (reliability.md R1 V, R12 V; machines.md 6.1).</summary>
[Trait("fault", "R1")]
[Trait("fault", "R12")]
public sealed class SpreadTests
{
    private const int Machines = 12_000;

    [Fact]
    public void After_first_sight_no_second_has_more_than_its_share_of_the_splay()
    {
        (Simulation simulation, SimulatedNode node, Dictionary<long, int> starts) = Fleet();
        node.Start();
        simulation.Advance(TimeSpan.FromSeconds(180));
        // First looks come within 10 s, or at their tick if that is sooner.
        Assert.True(MostIn(starts, 0, 10) <= 1.2 * Machines / 10, $"{MostIn(starts, 0, 10)} in a second of the splay");
        Assert.True(MostIn(starts, 60, 180) <= 1.2 * Machines / 60, $"{MostIn(starts, 60, 180)} in a steady second");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(55)]
    public void After_a_restart_no_second_has_more_than_the_steady_rate(int down)
    {
        (Simulation simulation, SimulatedNode node, Dictionary<long, int> starts) = Fleet();
        node.Start();
        simulation.Advance(TimeSpan.FromSeconds(200.5));
        node.Crash();
        simulation.Advance(TimeSpan.FromSeconds(down));
        starts.Clear();
        node.Start();
        long begin = simulation.Time.Now / TimeSpan.TicksPerSecond;
        simulation.Advance(TimeSpan.FromSeconds(120));
        int most = MostIn(starts, begin, begin + 120);
        Assert.True(most <= 1.2 * Machines / 60, $"{most} in a second, steady are {Machines / 60}");
        Assert.InRange(starts.Where(one => one.Key < begin + 60).Sum(one => one.Value), 0.95 * Machines, 1.05 * Machines);
    }

    [Fact]
    public void After_a_long_stop_results_are_old_and_looks_come_within_the_splay()
    {
        (Simulation simulation, SimulatedNode node, Dictionary<long, int> starts) = Fleet();
        node.Start();
        simulation.Advance(TimeSpan.FromSeconds(100));
        node.Crash();
        simulation.Advance(TimeSpan.FromHours(1));
        starts.Clear();
        node.Start();
        long begin = simulation.Time.Now / TimeSpan.TicksPerSecond;
        simulation.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(Machines, starts.Values.Sum());
        // Place and tick come of one hash, so the looks crowd a little where both agree.
        Assert.True(MostIn(starts, begin, begin + 11) <= 2 * Machines / 10, $"{MostIn(starts, begin, begin + 11)} in a second");
    }

    [Fact]
    public void A_restart_keeps_every_check_in_its_phase()
    {
        var phases = new Dictionary<string, long>();
        var simulation = new Simulation(3);
        SimulatedNode node = simulation.AddNode("web1", Definitions(200));
        node.Started = request => phases[request.Machine] = simulation.Time.Now % TimeSpan.TicksPerMinute;
        node.Start();
        simulation.Advance(TimeSpan.FromMinutes(3));
        Dictionary<string, long> before = new(phases);
        for (int i = 0; i < 5; i++)
        {
            node.Crash();
            simulation.Advance(TimeSpan.FromSeconds(7 * i));
            node.Start();
            simulation.Advance(TimeSpan.FromSeconds(130 + i));
            Assert.Equal(before, phases);
        }
    }

    [Fact]
    public void A_thousand_resumed_machines_do_not_stampede()
    {
        (Simulation simulation, SimulatedNode node, Dictionary<long, int> starts) = Fleet();
        node.Start();
        simulation.Advance(TimeSpan.FromSeconds(70));
        foreach (MachineView view in node.Host.Views()) Command(node, view.Name, CommandKind.Maintenance);
        simulation.Advance(TimeSpan.FromSeconds(600));
        starts.Clear();
        foreach (MachineView view in node.Host.Views()) Command(node, view.Name, CommandKind.Resume);
        long begin = simulation.Time.Now / TimeSpan.TicksPerSecond;
        simulation.Advance(TimeSpan.FromSeconds(60));
        Assert.InRange(starts.Values.Sum(), Machines, 1.5 * Machines);
        // The first look is the sooner of a place in the minute and the tick: at most twice as dense at its beginning.
        Assert.True(MostIn(starts, begin, begin + 60) <= 2 * 1.2 * Machines / 60);
    }

    [Fact]
    public void Reloads_of_a_tenth_each_second_neither_stop_nor_multiply_checks()
    {
        const int Count = 1000;
        var simulation = new Simulation(5);
        var definitions = Definitions(Count).ToList();
        SimulatedNode node = simulation.AddNode("web1", definitions);
        var invariants = new Invariants(simulation, node, 5);
        var perMachine = new Dictionary<string, int>();
        node.Answers = request =>
        {
            perMachine[request.Machine] = perMachine.GetValueOrDefault(request.Machine) + 1;
            return invariants.Ends(request, Answer.Ok with { Takes = TimeSpan.FromMilliseconds(50) });
        };
        node.Start();
        simulation.Advance(TimeSpan.FromSeconds(70));
        perMachine.Clear();
        var quiet = definitions.Take(Count / 2).Select(one => one.Name).ToHashSet();
        for (int second = 0; second < 180; second++)
        {
            for (int i = 0; i < Count / 10; i++)
            {
                int at = (Count / 2) + simulation.Random.Next(Count / 2);
                MachineDefinition old = definitions[at];
                definitions[at] = old with { Digest = $"{second:x6}{i:x6}", Labels = [KeyValuePair.Create("edit", $"{second}.{i}")] };
            }

            node.Apply(definitions);
            simulation.Advance(TimeSpan.FromSeconds(1));
            if (second % 60 == 0) invariants.AtRest();
        }

        // Untouched machines looked three times in three minutes, no more, no less.
        Assert.All(quiet, name => Assert.Equal(3, perMachine[name]));
        Assert.All(node.Host.Views(), view => Assert.Equal("OK", view.State));
        Assert.All(definitions, one => Assert.True(perMachine.GetValueOrDefault(one.Name) > 0));
    }

    [Fact]
    public void A_fleet_of_nodes_is_spread_too()
    {
        var simulation = new Simulation(9);
        var starts = new Dictionary<long, int>();
        for (int i = 0; i < 300; i++)
        {
            SimulatedNode node = simulation.AddNode($"web{i}", Definitions(3));
            node.Started = _ => starts[simulation.Time.Now / TimeSpan.TicksPerSecond] = starts.GetValueOrDefault(simulation.Time.Now / TimeSpan.TicksPerSecond) + 1;
            node.Start();
        }

        simulation.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(300 * 3, starts.Where(one => one.Key is >= 120 and < 180).Sum(one => one.Value));
        Assert.True(MostIn(starts, 120, 180) <= 40, "900 checks a minute are 15 a second");
    }

    private static (Simulation, SimulatedNode, Dictionary<long, int>) Fleet()
    {
        var simulation = new Simulation(1);
        var starts = new Dictionary<long, int>();
        SimulatedNode node = simulation.AddNode("web1", Definitions(Machines));
        node.Started = _ =>
        {
            long second = simulation.Time.Now / TimeSpan.TicksPerSecond;
            starts[second] = starts.GetValueOrDefault(second) + 1;
        };
        return (simulation, node, starts);
    }

    private static IEnumerable<MachineDefinition> Definitions(int count)
    {
        MachineDefinition one = Make.Check("m");
        return Enumerable.Range(0, count).Select(i => one with { Name = $"m{i:00000}" });
    }

    private static int MostIn(Dictionary<long, int> starts, long from, long to) =>
        starts.Where(one => one.Key >= from && one.Key < to).Select(one => one.Value).DefaultIfEmpty().Max();

    private static void Command(SimulatedNode node, string machine, CommandKind kind) =>
        Assert.Equal(CommandCode.Ok, node.Execute(new MachineCommand { Kind = kind, Machine = machine, Caller = "anna", RequestId = machine + kind }).Code);
}
