using Scout.Broker.Mesh.Localisation;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Tests.Mesh.Watching;

public sealed class FleetWatchTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_quiet_fleet_has_no_fault()
    {
        Bench bench = Make();
        bench.Run(60_000);
        Assert.Empty(bench.Changes);
        MeshSummary summary = bench.Summary();
        Assert.Equal((10, 3, 10), (summary.Nodes, summary.Zones, summary.Reporting));
        Assert.Equal(0, summary.Loss);
        Assert.Equal(1, bench.Watch.Localiser.CountAll(30).Sent / (90.0 * 30), 0.05);
    }

    [Fact]
    public void A_dead_node_is_confirmed_then_down_then_cleared()
    {
        Bench bench = Make();
        bench.Run(20_000);
        bench.Fleet["n07"].Silent = true;
        bench.Run(3_000);
        MeshFault confirmed = Assert.Single(bench.Changes, static one => one.Step == FaultStep.Confirmed).Fault;
        Assert.Equal((MeshFaultKind.Node, "n07", MeshFaultState.Confirmed), (confirmed.Kind, confirmed.Component, confirmed.State));
        Assert.True(confirmed.Confirmed - confirmed.Since < TimeSpan.FromSeconds(2));
        Assert.InRange(confirmed.Evidence.FailingFarEnds, 5, 9);
        bench.Run(4_000);
        Assert.Equal("node n07 down", Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall)).Text);
        Assert.Contains("n07", bench.Summary().Missing);
        bench.Fleet["n07"].Silent = false;
        bench.Run(10_000);
        Assert.Empty(bench.Watch.Faults.Open);
        Assert.Equal(FaultStep.Cleared, bench.Changes[^1].Step);
        int told = bench.Changes.Count;
        bench.Run(60_000);
        Assert.Equal(told, bench.Changes.Count);
    }

    [Fact]
    public void Who_says_nothing_for_three_beats_is_silent_until_it_speaks_and_leaves_the_mesh_after_an_hour()
    {
        Bench bench = Make();
        bench.Run(2_000);
        FleetWatch watch = bench.Watch;
        long now = bench.Now;
        void Later(long milliseconds)
        {
            now += milliseconds;
            foreach (FakeNode node in bench.Fleet.Nodes.Where(static node => node.Name != "n07")) watch.Alive(node.Name, now);
        }

        Assert.Equal(FleetSilence.None, watch.Silence(now));
        Later(989_000);
        Assert.Equal(FleetSilence.None, watch.Silence(now));
        Later(3_000);
        Assert.Equal(new FleetSilence(["n07"], []), watch.Silence(now));

        // Who could not hear does not know better than what was said before.
        watch.Deaf(now);
        Later(10_000);
        FleetSilence unsure = watch.Silence(now);
        Assert.Equal(new FleetSilence([], ["n07"]), unsure);
        Assert.Equal((true, null), (unsure.Of("n07", before: true), unsure.Of("n07", before: null)));

        Later(990_000 + 3_590_000);
        Assert.Equal(new FleetSilence(["n07"], []), watch.Silence(now));
        Settle();
        Assert.Equal(10, watch.Topology.Count);
        Later(11_000);
        Assert.Equal(new FleetSilence(["n07"], []), watch.Silence(now));
        Settle();
        Assert.Equal(9, watch.Topology.Count);
        watch.Alive("n07", now);
        Assert.Equal(FleetSilence.None, watch.Silence(now));
        Settle();
        Assert.Equal(10, watch.Topology.Count);

        void Settle()
        {
            for (int i = 0; i < 4; i++) watch.Evaluate(now += FleetWatch.EvaluateMs, bench.Wall);
        }
    }

    /// <summary>A node that is cut off writes into its socket all the while; the kernel sends it when it tries again, seconds after the healing.</summary>
    [Fact]
    public void What_waited_in_a_socket_counts_for_the_time_in_which_it_was_said()
    {
        Bench bench = Make();
        bench.Run(20_000);
        bench.Deaf.Add("n07");
        bench.Fleet.Fault = static (from, to) => from.Name == "n07" || to.Name == "n07" ? 1 : 0;
        bench.Run(5_000);
        Assert.Contains(bench.Changes, static one => one.Step == FaultStep.Confirmed);
        bench.Fleet.Fault = static (_, _) => 0;
        bench.Run(6_000);
        bench.Deliver("n07");
        bench.Deaf.Clear();
        bench.Run(3_500);
        Assert.Equal(FaultStep.Cleared, bench.Changes[^1].Step);
        Assert.Empty(bench.Watch.Faults.Open);
    }

    /// <summary>50 % both ways of a round trip for 2 s: half a second more until the last of them is decided, 5 s without a loss, 3 s of patience.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Half_of_a_nodes_packets_lost_for_two_seconds_is_cleared_in_ten(int seed)
    {
        Bench bench = Make(12, seed);
        bench.Run(40_000);
        bench.Fleet.Fault = static (from, to) => from.Name == "n06" || to.Name == "n06" ? 0.5 : 0;
        bench.Run(2_600);
        Assert.Contains(bench.Changes, static one => one.Step == FaultStep.Confirmed);
        bench.Fleet.Fault = static (_, _) => 0;
        bench.Run(9_300);
        Assert.Empty(bench.Watch.Faults.Open);
        int told = bench.Changes.Count;
        bench.Run(60_000);
        Assert.Equal(told, bench.Changes.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_000)]
    [InlineData(12_000)]
    public void A_healed_black_hole_clears_as_what_it_was_even_if_its_node_reaches_the_broker_later(int later)
    {
        Bench bench = Make(12);
        bench.Run(40_000);
        bench.Fleet.Fault = static (from, to) => from.Name == "n07" || to.Name == "n07" ? 1 : 0;
        bench.Deaf.Add("n07");
        bench.Run(5_000);
        Assert.Equal("node n07 down", Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall)).Text);
        bench.Fleet.Fault = static (_, _) => 0;
        long healed = bench.Now;
        // n07 answers again, so that the others learn that their packets did not arrive.
        bench.Run(1_500);
        bench.TellWays("n07");
        bench.Run(later);
        bench.Deaf.Clear();
        bench.TellMissed("n07");
        bench.Run((int)Math.Max(0, healed + 9_300 - bench.Now));
        Assert.Empty(bench.Watch.Faults.Open);
        Assert.True(bench.Changes[^1].Fault.Cleared - Start <= TimeSpan.FromMilliseconds(healed + 9_300));
        bench.Run(60_000);
        Assert.Equal([FaultStep.Suspect, FaultStep.Confirmed, FaultStep.Changed, FaultStep.Cleared], bench.Changes.Select(static one => one.Step));
        Assert.Equal(["node n07", "node n07", "node n07 down", "node n07 down"], bench.Changes.Select(static one => one.Fault.Text));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_node_that_always_loses_a_twentieth_does_not_flap(int seed)
    {
        Bench bench = Make(10, seed);
        bench.Run(10_000);
        bench.Fleet.Fault = static (from, to) => from.Name == "n04" || to.Name == "n04" ? 0.05 : 0;
        bench.Run(900_000);
        bench.Changes.RemoveAll(static one => one.Step == FaultStep.Changed);
        FaultChange[] cleared = [.. bench.Changes.Where(static one => one is { Step: FaultStep.Cleared, Fault.Confirmed: not null })];
        Assert.Empty(cleared);
        Assert.All(bench.Watch.Faults.Open, static one => Assert.Equal(ComponentKind.Node, one.Key.Component.Kind));
        Assert.Single(bench.Watch.Faults.Open);
    }

    [Fact]
    public void A_fault_that_comes_back_within_a_minute_keeps_its_id()
    {
        Bench bench = Make();
        bench.Run(10_000);
        string[] ids = new string[3];
        for (int i = 0; i < 3; i++)
        {
            bench.Fleet["n07"].Silent = true;
            bench.Run(4_000);
            ids[i] = Assert.Single(bench.Watch.Faults.Open).Id;
            bench.Fleet["n07"].Silent = false;
            bench.Run(i == 1 ? 80_000 : 15_000);
            Assert.Empty(bench.Watch.Faults.Open);
        }

        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[1], ids[2]);
    }

    [Fact]
    public void A_node_that_only_the_broker_misses_has_a_bad_line_to_it()
    {
        Bench bench = Make();
        bench.Run(10_000);
        bench.Deaf.Add("n03");
        bench.Run(8_000);
        MeshFault fault = Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall));
        Assert.Equal((MeshFaultKind.BrokerLink, "node n03 cannot reach the broker"), (fault.Kind, fault.Text));
        bench.Deaf.Clear();
        bench.Run(6_000);
        Assert.Empty(bench.Watch.Faults.Open);
    }

    [Fact]
    public void When_all_fall_silent_nobody_is_blamed()
    {
        Bench bench = Make();
        bench.Run(10_000);
        foreach (FakeNode node in bench.Fleet.Nodes) bench.Deaf.Add(node.Name);
        bench.Run(10_000);
        Assert.Empty(bench.Changes);
    }

    [Fact]
    public void Losses_of_known_direction_name_it()
    {
        Bench bench = Make();
        bench.Run(10_000);
        bench.Fleet.Fault = static (from, to) => to.Name == "n02" ? 0.5 : 0;
        bench.Fleet.Direction = MeshDirection.Forward;
        bench.Run(5_000);
        Assert.Equal("node n02 ingress", Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall)).Text);
    }

    [Fact]
    public void A_zone_pair_is_told_by_its_zones_in_order()
    {
        Bench bench = Make();
        bench.Run(10_000);
        bench.Fleet.Fault = static (from, to) => from.Zone == "z2" && to.Zone == "z0" ? 1 : 0;
        bench.Fleet.Direction = MeshDirection.Forward;
        bench.Run(5_000);
        MeshFault fault = Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall));
        Assert.Equal((MeshFaultKind.ZonePair, "z0/z2", "zone z2 to zone z0"), (fault.Kind, fault.Component, fault.Text));
    }

    [Fact]
    public void A_goodbye_is_no_fault()
    {
        Bench bench = Make();
        bench.Run(10_000);
        FakeNode node = bench.Fleet["n05"];
        bench.Watch.Roster("n05", node.Zone, MeshNodeState.Leaving, FakeFleet.Incarnation, bench.Now);
        node.Silent = true;
        bench.Run(10_000);
        Assert.Empty(bench.Changes);
        Assert.Equal(9, bench.Summary().Nodes);
    }

    [Fact]
    public void Maintenance_stands_on_the_fault()
    {
        Bench bench = Make();
        bench.Run(10_000);
        bench.Watch.Place("n05", new NodePlace { Unschedulable = true }, bench.Now);
        bench.Fleet["n05"].Silent = true;
        bench.Run(4_000);
        Assert.True(Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall)).Maintenance);
        Assert.Equal(["n05 (cordoned)"], bench.Summary().Maintenance);
    }

    [Fact]
    public void How_often_a_node_probes_and_how_many_witnesses_it_wants_its_reports_tell()
    {
        Bench bench = Make();
        bench.Run(2_000);
        foreach (FakeNode node in bench.Fleet.Nodes)
        {
            bench.Watch.Report(
                new MeshReport { Node = node.Name, Incarnation = FakeFleet.Incarnation, Number = 1, Clock = 0, WindowMs = 2_000, Members = 10, Rings = 0, IntervalMs = 5_000, Witnesses = node.Name == "n07" ? 0 : 3 },
                bench.Now);
        }

        bench.Run(40_000);
        Assert.Equal(90 * 6, bench.Watch.Localiser.CountAll(30).Sent, 90.0);
        bench.Fleet["n07"].Silent = true;
        for (int i = 0; i < 30; i++)
        {
            bench.Run(100);
            Assert.Empty(bench.Watch.TakeAsks(bench.Now));
        }

        Assert.Contains(bench.Watch.Faults.Open, static fault => fault.Verdict.Loss > 0.5);
    }

    [Fact]
    public void Witnesses_that_reach_a_node_keep_it_a_suspect()
    {
        Bench bench = Make();
        bench.Run(10_000);
        bench.Fleet["n07"].Silent = true;
        bool asked = false;
        for (int i = 0; i < 60; i++)
        {
            bench.Run(100);
            foreach (WitnessAsk ask in bench.Watch.TakeAsks(bench.Now))
            {
                asked = true;
                Assert.Equal("n07", ask.Target);
                Assert.NotEqual("n07", ask.Witness);
                bench.Watch.Witness(ask.Fault, new MeshWitness(ask.Witness, ask.Zone, 5, 5));
            }
        }

        Assert.True(asked);
        MeshFault fault = Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall));
        Assert.Equal((MeshFaultState.Suspect, true, 3), (fault.State, fault.Partial, fault.Evidence.Witnesses!.Value.Length));
    }

    [Fact]
    public void Three_pairs_with_a_common_end_are_one_line()
    {
        Bench bench = Make(40);
        bench.Run(10_000);
        MeshTopology topology = bench.Watch.Topology;
        int rank = topology.RankOf("n11");
        HashSet<string> bad = [.. topology.Neighbours(rank)[..2].ToArray().Concat([topology.InProbers(rank)[0]]).Select(topology.Name)];
        bench.Fleet.Fault = (from, to) => (from.Name == "n11" && bad.Contains(to.Name)) || (to.Name == "n11" && bad.Contains(from.Name)) ? 1 : 0;
        bench.Run(9_000);
        IReadOnlyList<MeshFault> lines = bench.Watch.OpenFaults(bench.Now, bench.Wall);
        if (bench.Watch.Faults.Open.All(static one => one.Key.Component.Kind == ComponentKind.Pair))
        {
            MeshFault line = Assert.Single(lines);
            Assert.Equal(bad.Count - 1, line.More);
        }
    }

    [Fact]
    public void A_node_that_takes_no_full_size_packets_is_an_mtu_fault_until_it_does_and_nothing_else()
    {
        Bench bench = Make();
        for (int round = 0; round < 3; round++) bench.Report(10_000, static (_, _) => new MeshFullSizeCounts(1, 0));
        for (int round = 0; round < 4; round++) bench.Report(10_000, static (from, to) => from == "n05" || to == "n05" ? new MeshFullSizeCounts(0, 1) : new MeshFullSizeCounts(1, 0));
        MeshFault fault = Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall));
        Assert.Equal((MeshFaultState.Confirmed, MeshFaultTrouble.Mtu, "node n05 mtu"), (fault.State, fault.What, fault.Text));
        bench.Report(10_000, static (_, _) => new MeshFullSizeCounts(1, 0));
        Assert.Empty(bench.Watch.Faults.Open);
    }

    [Fact]
    public void Full_size_packets_that_are_lost_with_small_ones_are_no_mtu_fault()
    {
        Bench bench = Make();
        for (int round = 0; round < 8; round++) bench.Report(10_000, static (from, to) => from == "n05" || to == "n05" ? new MeshFullSizeCounts(0, 2) : new MeshFullSizeCounts(1, 0), lost: 4);
        Assert.DoesNotContain(bench.Watch.Faults.Open, static one => one.Key.Class == FaultClass.FullSize);
    }

    [Fact]
    public void Where_most_packets_stopped_is_in_the_evidence()
    {
        Bench bench = Make();
        bench.Run(5_000);
        bench.Fleet["n07"].Silent = true;
        bench.Run(2_000);
        (string From, string To, string Text)[] traces = [("n01", "n07", "lost after hop 1"), ("n02", "n07", "lost after hop 1"), ("n03", "n07", "lost after hop 2"), ("n03", "n04", "elsewhere"), ("n03", "n05", "elsewhere"), ("n02", "n05", "elsewhere")];
        foreach ((string from, string to, string text) in traces)
        {
            FakeNode node = bench.Fleet[from];
            bench.Watch.Loss(Message(from, ++node.Number) with { Traces = [new MeshTrace(to, text)] }, bench.Now, bench.Wall);
        }

        bench.Run(2_000);
        Assert.Equal("lost after hop 1 (2 of 3 traces)", Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall)).Evidence.Trace);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_dead_node_of_a_small_fleet_stays_one_fault_while_it_is_dead(int nodes)
    {
        Bench bench = Make(nodes);
        bench.Run(15_000);
        bench.Fleet["n02"].Silent = true;
        bench.Run(60_000);
        string steps = string.Join(", ", bench.Changes.Select(static one => $"{one.Step} {one.Fault.Text}"));
        Assert.True(bench.Changes.Exists(static one => one.Step == FaultStep.Confirmed), steps);
        Assert.DoesNotContain(bench.Changes, static one => one.Step == FaultStep.Cleared && one.Fault.Confirmed is not null);
        Assert.Equal("node n02 down", Assert.Single(bench.Watch.OpenFaults(bench.Now, bench.Wall)).Text);
    }

    [Fact]
    public void A_stall_of_a_node_explains_what_was_lost_to_it()
    {
        Bench bench = Make();
        bench.Run(10_000);
        FakeNode node = bench.Fleet["n04"];
        node.Silent = true;
        bench.Run(2_000);
        node.Silent = false;
        var awake = new MeshLossMessage { Node = "n04", Incarnation = FakeFleet.Incarnation, Number = ++node.Number, Clock = bench.Wall.ToUnixTimeMilliseconds(), Stalls = [new MeshStall(2_000, 2_000)] };
        bench.Watch.Loss(awake, bench.Now, bench.Wall);
        bench.Run(1_500);
        Assert.All(bench.Watch.OpenFaults(bench.Now, bench.Wall), static one => Assert.Equal("node n04 slow", one.Text));
        bench.Run(7_000);
        Assert.Empty(bench.Watch.Faults.Open);
    }

    [Fact]
    public void A_liar_speaks_for_its_own_probes_only()
    {
        Bench bench = Make();
        bench.Run(10_000);
        FakeNode liar = bench.Fleet["n01"];
        for (int i = 0; i < 100; i++)
        {
            MeshLoss[] losses = [.. Enumerable.Range(0, 1000).Select(n => new MeshLoss("n09", (uint)n, 0, MeshDirection.Forward, MeshProbeKind.Full, 500))];
            bench.Watch.Loss(new MeshLossMessage { Node = "n01", Incarnation = FakeFleet.Incarnation, Number = ++liar.Number, Clock = 0, Losses = [.. losses] }, bench.Now, bench.Wall);
            bench.Run(100);
        }

        Assert.All(bench.Watch.Faults.Open, static one => Assert.Equal(ComponentKind.Pair, one.Key.Component.Kind));
        Assert.True(bench.Watch.Counters.TooManyLosses > 90_000);
        Assert.InRange(bench.Watch.Localiser.CountAll(30).Lost, 1, 60);
    }

    [Fact]
    public void Floods_repeats_strangers_and_old_lives_are_counted_and_change_nothing()
    {
        Bench bench = Make();
        bench.Run(5_000);
        bench.Watch.Loss(Message("n99", 1), bench.Now, bench.Wall);
        bench.Watch.Loss(Message("n01", 1), bench.Now, bench.Wall);
        bench.Watch.Loss(Message("n01", 1_000_000) with { Incarnation = 5 }, bench.Now, bench.Wall);
        for (int i = 0; i < 1_000; i++) bench.Watch.Loss(Message("n02", 2_000_000 + i), bench.Now, bench.Wall);
        FleetCounters counters = bench.Watch.Counters;
        Assert.Equal((1, 1, 1), (counters.UnknownSender, counters.Repeated, counters.Outdated));
        Assert.True(counters.Flooded > 900);
        Assert.Empty(bench.Changes);
    }

    private static MeshLossMessage Message(string node, long number) => new() { Node = node, Incarnation = FakeFleet.Incarnation, Number = number, Clock = 0 };

    [Fact]
    public void A_node_that_the_cluster_runs_and_that_says_nothing_is_missing()
    {
        Bench bench = Make();
        bench.Watch.Place("n98", new NodePlace { Pod = "scout-x", Zone = "z1" }, bench.Now);
        bench.Watch.Place("n99", new NodePlace { Pod = "scout-y", Deleting = true }, bench.Now);
        bench.Run(3_000);
        Assert.Equal(["n98"], bench.Summary().Missing);
        Assert.Equal(11, FleetPages.Figures(bench.Watch, bench.Now, TimeSpan.Zero, lease: true, 0).Expected);
        bench.Watch.Roster("n98", "", MeshNodeState.Up, FakeFleet.Incarnation, bench.Now);
        bench.Run(1_000);
        Assert.Equal(11, bench.Summary().Nodes);
        Assert.Equal("z1", bench.Watch.Nodes.Single(static node => node.Name == "n98").Zone);
        bench.Watch.Place("n98", null, bench.Now);
        bench.Run(1_000);
        Assert.Equal("", bench.Watch.Nodes.Single(static node => node.Name == "n98").Zone);
    }

    [Fact]
    public void A_zone_that_a_node_was_told_stands_before_the_place_of_it()
    {
        Bench bench = Make();
        bench.Watch.Place("n01", new NodePlace { Pod = "scout-x", Zone = "other" }, bench.Now);
        bench.Run(2_000);
        Assert.Equal("z1", bench.Watch.Nodes.Single(static node => node.Name == "n01").Zone);
    }

    private static Bench Make(int nodes = 10, int seed = 1) => new(nodes, seed);

    private sealed class Bench
    {
        private readonly List<(string Node, MeshLoss Loss, long DecidedAt)> losses = [];
        private readonly List<(string Node, MeshLoss Loss, long DecidedAt)> missed = [];
        private long reports;

        public Bench(int nodes, int seed)
        {
            Fleet = new FakeFleet(nodes, 3, seed);
            Watch = new FleetWatch(new FleetWatchOptions(), 7);
            foreach (FakeNode node in Fleet.Nodes) Watch.Roster(node.Name, node.Zone, MeshNodeState.Up, FakeFleet.Incarnation, Now);
        }

        public FakeFleet Fleet { get; }

        public FleetWatch Watch { get; }

        public List<FaultChange> Changes { get; } = [];

        /// <summary>Nodes whose messages do not arrive.</summary>
        public HashSet<string> Deaf { get; } = [];

        public long Now { get; private set; } = 1_000_000;

        public DateTimeOffset Wall => Start + TimeSpan.FromMilliseconds(Now);

        public MeshSummary Summary() => FleetPages.Summary(Watch, Now, Wall, TimeSpan.Zero);

        /// <summary>All tell that what they lost to a node did not arrive there.</summary>
        public void TellWays(string to)
        {
            foreach (IGrouping<string, (string Node, MeshLoss Loss, long DecidedAt)> own in losses.Where(one => one.Loss.Peer == to).GroupBy(static one => one.Node))
            {
                MeshLossWay[] ways = [.. own.Select(one => new MeshLossWay(to, one.Loss.Sequence, MeshDirection.Forward))];
                Watch.Loss(Message(own.Key, ++Fleet[own.Key].Number) with { Clock = Wall.ToUnixTimeMilliseconds(), Directions = [.. ways] }, Now, Wall);
            }
        }

        /// <summary>A node whose messages did not arrive tells all its losses now.</summary>
        public void TellMissed(string node)
        {
            MeshLoss[] old = [.. missed.Where(one => one.Node == node).Select(one => one.Loss with { AgeMs = (int)(Now - one.DecidedAt) + one.Loss.AgeMs, Direction = MeshDirection.Forward })];
            Watch.Loss(Message(node, ++Fleet[node].Number) with { Clock = Wall.ToUnixTimeMilliseconds(), Losses = [.. old] }, Now, Wall);
        }

        /// <summary>The messages of a node that did not arrive do now, as they were.</summary>
        public void Deliver(string node)
        {
            foreach ((string from, MeshLoss loss, long saidAt) in missed.Where(one => one.Node == node))
            {
                Watch.Loss(Message(from, ++Fleet[from].Number) with { Clock = (Start + TimeSpan.FromMilliseconds(saidAt)).ToUnixTimeMilliseconds(), Losses = [loss] }, Now, Wall);
            }
        }

        /// <summary>Some time, then a report of each node about its paths.</summary>
        public void Report(int milliseconds, Func<string, string, MeshFullSizeCounts> sizes, int lost = 0)
        {
            Run(milliseconds);
            reports++;
            foreach (FakeNode node in Fleet.Nodes)
            {
                ReadOnlySpan<int> ranks = Watch.Topology.Neighbours(Watch.Topology.RankOf(node.Name));
                MeshReportRow[] rows = [.. ranks.ToArray().Select(Watch.Topology.Name).Select(peer => new MeshReportRow(
                    peer, MeshNodeState.Up, new MeshCounts(10, 10 - lost, lost, 0, 0, 0, 0, 0), 300, default, null) { FullSize = sizes(node.Name, peer) })];
                Watch.Report(
                    new MeshReport { Node = node.Name, Incarnation = FakeFleet.Incarnation, Number = reports, Clock = 0, WindowMs = milliseconds, Members = Watch.Topology.Count, Rings = 0, Rows = [.. rows] },
                    Now);
            }

            Run(4_500);
        }

        public void Run(int milliseconds)
        {
            for (long end = Now + milliseconds; Now < end;)
            {
                foreach (MeshLossMessage message in Fleet.Messages(Now, Now + 100, Wall))
                {
                    (Deaf.Contains(message.Node) ? missed : losses).AddRange(message.Losses.Select(one => (message.Node, one, Now + 100)));
                    if (!Deaf.Contains(message.Node)) Watch.Loss(message, Now + 100, Wall);
                }

                Now += 100;
                Changes.AddRange(Watch.Evaluate(Now, Wall));
            }
        }
    }
}
