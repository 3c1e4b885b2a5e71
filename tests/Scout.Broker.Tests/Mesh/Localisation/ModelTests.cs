using Scout.Broker.Mesh.Localisation;

namespace Scout.Broker.Tests.Mesh.Localisation;

/// <summary>The table of mesh.md 10 with made-up losses; <c>SCOUT_EXTENDED=1</c> runs each row 100 times.</summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private static readonly int Runs = Environment.GetEnvironmentVariable("SCOUT_EXTENDED") == "1" ? 100 : 1;

    [Fact]
    public void A_dead_node_is_named() => Judge("node dead", 1000, 5, 2.5, 3.5, (fleet, random) =>
    {
        int node = random.Next(1000);
        fleet.Silent.Add(node);
        return [Component.Node(node)];
    });

    [Fact]
    public void Two_dead_nodes_are_named() => Judge("two nodes dead", 1000, 5, 2.5, 3.5, (fleet, random) =>
    {
        int node = random.Next(1000);
        fleet.Silent.Add(node);
        fleet.Silent.Add((node + 500) % 1000);
        return [Component.Node(node), Component.Node((node + 500) % 1000)];
    });

    [Fact]
    public void A_hundred_dead_nodes_are_named_and_no_zone() => Judge("100 nodes dead", 1000, 5, 4, 6, (fleet, random) =>
    {
        int[] nodes = [.. Enumerable.Range(0, 1000).OrderBy(_ => random.Next()).Take(100)];
        foreach (int node in nodes) fleet.Silent.Add(node);
        return [.. nodes.Select(Component.Node)];
    });

    [Theory]
    [InlineData(0.5, 2.5)]
    [InlineData(0.2, 3.5)]
    [InlineData(0.05, 8)]
    [InlineData(0.02, 25)]
    public void A_node_that_loses_packets_is_named(double loss, double gate) => Judge($"node {loss:P0}", 1000, 5, gate, 60, (fleet, random) =>
    {
        int node = random.Next(1000);
        fleet.Fault = (from, to) => from == node || to == node ? loss : 0;
        return [Component.Node(node)];
    }, imprecise: loss < 0.1);

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.05)]
    public void A_zone_pair_is_named(double loss) => Judge($"zone pair {loss:P0}", 1000, 5, 2, 3, (fleet, random) =>
    {
        int a = random.Next(5);
        int b = (a + 1 + random.Next(4)) % 5;
        fleet.Fault = (from, to) => (fleet.Zone(from) == a && fleet.Zone(to) == b) || (fleet.Zone(from) == b && fleet.Zone(to) == a) ? loss : 0;
        return [Component.ZonePair(a, b)];
    }, imprecise: loss < 0.1);

    [Fact]
    public void An_isolated_zone_is_named() => Judge("zone isolated", 1000, 5, 2, 3, (fleet, random) =>
    {
        int a = random.Next(5);
        fleet.Fault = (from, to) => fleet.Zone(from) == a != (fleet.Zone(to) == a) ? 1 : 0;
        return [Component.Zone(a)];
    });

    [Fact]
    public void A_dead_node_and_a_dead_zone_pair_are_told_apart() => Judge("node and zone pair", 1000, 5, 2.5, 3.5, (fleet, random) =>
    {
        int a = random.Next(5);
        int b = (a + 1 + random.Next(4)) % 5;
        int node = random.Next(1000);
        fleet.Silent.Add(node);
        fleet.Fault = (from, to) => (fleet.Zone(from) == a && fleet.Zone(to) == b) || (fleet.Zone(from) == b && fleet.Zone(to) == a) ? 1 : 0;
        return [Component.Node(node), Component.ZonePair(a, b)];
    });

    [Theory]
    [InlineData(1.0, 7)]
    [InlineData(0.2, 30)]
    public void A_pair_is_named(double loss, double gate) => Judge($"pair {loss:P0}", 1000, 5, gate, loss < 1 ? 90 : 9, (fleet, random) =>
    {
        int node = random.Next(1000);
        int other = fleet.Topology.Neighbours(node)[0];
        fleet.Fault = (from, to) => (from == node && to == other) || (from == other && to == node) ? loss : 0;
        return [Component.Pair(node, other)];
    });

    [Fact]
    public void In_a_small_full_mesh_a_dead_node_is_named() => Judge("N=10 node dead", 10, 3, 2.5, 3.5, (fleet, random) =>
    {
        int node = random.Next(10);
        fleet.Silent.Add(node);
        return [Component.Node(node)];
    });

    [Fact]
    public void In_a_small_full_mesh_a_dead_zone_pair_is_named() => Judge("N=10 zone pair dead", 10, 3, 2.5, 3.5, (fleet, random) =>
    {
        int a = random.Next(3);
        int b = (a + 1 + random.Next(2)) % 3;
        fleet.Fault = (from, to) => (fleet.Zone(from) == a && fleet.Zone(to) == b) || (fleet.Zone(from) == b && fleet.Zone(to) == a) ? 1 : 0;
        return [Component.ZonePair(a, b)];
    });

    [Theory]
    [InlineData(1000, 1e-4, 60)]
    [InlineData(1000, 1e-3, 60)]
    [InlineData(1000, 1e-2, 60)]
    [InlineData(10, 1e-4, 600)]
    [InlineData(10, 1e-2, 600)]
    public void Nobody_is_blamed_for_background(int nodes, double background, int seconds)
    {
        for (int run = 0; run < Math.Min(Runs, 5); run++)
        {
            var fleet = new ModelFleet(nodes, nodes == 10 ? 3 : 5, 100 + run, background);
            var confirm = new Confirmation();
            long suspects = 0;
            for (int i = 0; i < seconds * 10; i++)
            {
                IReadOnlyList<Verdict> verdicts = fleet.Evaluate();
                suspects += verdicts.Count;
                confirm.Look(verdicts);
            }

            output.WriteLine($"N={nodes} p={background} run {run}: {suspects} suspect verdicts, p0 {fleet.Localiser.Background:E2}");
            Assert.Empty(confirm.Confirmed);
        }
    }

    private void Judge(string name, int nodes, int zones, double gate50, double gate99, Func<ModelFleet, Random, Component[]> strike, bool imprecise = false)
    {
        List<double> suspect = [];
        List<double> confirmed = [];
        int wrong = 0;
        int notExact = 0;
        for (int run = 0; run < Runs; run++)
        {
            var fleet = new ModelFleet(nodes, zones, 1 + run);
            var random = new Random(7000 + run);
            fleet.Run(35_000 + random.Next(1000));
            var book = new Confirmation();
            Component[] truth = strike(fleet, random);
            long start = fleet.Now;
            double? suspectAt = null;
            double? confirmedAt = null;
            long until = fleet.Now + (long)(gate99 * 1000) + 3000;
            while (fleet.Now < until && (confirmedAt is null || fleet.Now < start + 6000))
            {
                IReadOnlyList<Verdict> verdicts = fleet.Evaluate();
                book.Look(verdicts);
                if (suspectAt is null && truth.All(book.Seen.Contains)) suspectAt = (fleet.Now - start) / 1000.0;
                if (confirmedAt is null && truth.All(book.Confirmed.Contains)) confirmedAt = (fleet.Now - start) / 1000.0;
            }

            foreach (Component other in book.Confirmed.Where(one => !truth.Contains(one)))
            {
                if (Shares(fleet, other, truth)) notExact++;
                else wrong++;
                output.WriteLine($"run {run}: {other} beside {string.Join(", ", truth.Take(3))}");
            }

            suspect.Add(suspectAt ?? double.PositiveInfinity);
            confirmed.Add(confirmedAt ?? double.PositiveInfinity);
        }

        suspect.Sort();
        confirmed.Sort();
        double p50 = confirmed[confirmed.Count / 2];
        double p99 = confirmed[(int)((confirmed.Count - 1) * 0.99)];
        output.WriteLine($"{name}: suspect p50 {suspect[suspect.Count / 2]:0.0}, confirmed p50 {p50:0.0} p99 {p99:0.0}, wrong {wrong}, imprecise {notExact} of {Runs} runs");
        Assert.Equal(0, wrong);
        if (!imprecise) Assert.Equal(0, notExact);
        else Assert.True(notExact <= Math.Max(1, Runs * 0.02));
        if (Runs >= 20) Assert.True(p50 <= gate50, $"{name}: confirmed p50 {p50}, gate {gate50}");
        Assert.True(p99 <= gate99, $"{name}: confirmed p99 {p99}, gate {gate99}");
    }

    /// <summary>Something of the truth is in it: not wrong, but not exact.</summary>
    private static bool Shares(ModelFleet fleet, Component one, Component[] truth) => truth.Any(other => Nodes(fleet, one).Overlaps(Nodes(fleet, other)));

    private static HashSet<int> Nodes(ModelFleet fleet, Component one) => one.Kind switch
    {
        ComponentKind.Node => [one.A],
        ComponentKind.Pair => [one.A, one.B],
        ComponentKind.ZonePair => [.. fleet.NodesIn(one.A), .. fleet.NodesIn(one.B)],
        _ => [.. fleet.NodesIn(one.A)],
    };

    /// <summary>9 of the last 10.</summary>
    private sealed class Confirmation
    {
        private readonly Dictionary<Component, int> history = [];

        public HashSet<Component> Seen { get; } = [];

        public HashSet<Component> Confirmed { get; } = [];

        public void Look(IReadOnlyList<Verdict> verdicts)
        {
            foreach (Component key in history.Keys.ToArray()) history[key] = (history[key] << 1) & 0x3FF;
            foreach (Verdict verdict in verdicts)
            {
                Seen.Add(verdict.Component);
                history[verdict.Component] = history.GetValueOrDefault(verdict.Component) | 1;
            }

            foreach ((Component key, int bits) in history)
            {
                if (System.Numerics.BitOperations.PopCount((uint)bits) >= 9) Confirmed.Add(key);
            }
        }
    }
}
