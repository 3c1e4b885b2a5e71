using Scout.MeshLab.Fleet;
using Scout.MeshLab.Networks;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.MeshLab;

/// <summary>
/// What the mesh says of real faults (docs/mesh.md). Each test makes one fault on a fleet at rest, looks what is blamed and when, heals it, and waits until
/// the fleet is at rest again.
/// </summary>
[TestCaseOrderer(typeof(PairLast))]
public sealed class MeshLabTests(MeshLabFixture lab) : IClassFixture<MeshLabFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    /// <summary>Seconds from the healing to the last word. 8 s are clean probes and patience; a node that was cut off also has to find its way to the broker again.</summary>
    private const double Cleared = 10;

    private readonly List<LabNode> guests = [];
    private long began;

    public async ValueTask InitializeAsync()
    {
        _ = lab.Network;
        await lab.QuietAsync("the fleet at rest before the fault");
    }

    public async ValueTask DisposeAsync()
    {
        lab.Network.Heal();
        foreach (LabNode guest in guests) await guest.DisposeAsync();
    }

    [Fact]
    public async Task A_black_hole_is_one_node_and_clears()
    {
        Begin("""iifname "p_n7" drop""", """oifname "p_n7" drop""");
        await ConfirmedAsync(3, note => note is { Kind: "node", Component: "n7" });
        IReadOnlyList<CommandResult> checks = await Task.WhenAll(lab.Nodes.Where(node => node.Name != "n7").Select(node => node.ScoutAsync("status", "*/mesh", "-o", "json")));
        Assert.All(checks, check => Assert.DoesNotContain("\"state\": \"CRITICAL\"", check.Stdout, StringComparison.Ordinal));
        NobodyElse("n7");
        await HealedAsync(Cleared);
        NobodyElse("n7");
    }

    /// <summary>Of each, what leaves and what reaches the node. The third takes a minute: 2.5 % on each way are 5 % of round trips, seldom enough that it is watched long before it is over.</summary>
    public static TheoryData<int, int, string, string> Losses => LabLane.Strict
        ? new TheoryData<int, int, string, string> { { 500, 0, "egress", "ingress" }, { 0, 500, "ingress", "egress" }, { 25, 25, "", "" } }
        : new TheoryData<int, int, string, string> { { 500, 0, "egress", "ingress" }, { 0, 500, "ingress", "egress" } };

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task Loss_of_a_node_is_named_with_its_direction(int leaving, int arriving, string direction, string never)
    {
        bool small = leaving + arriving < 100;
        Begin($"""iifname "p_n6" ip protocol udp numgen random mod 1000 < {leaving} drop""", $"""oifname "p_n6" ip protocol udp numgen random mod 1000 < {arriving} drop""");
        FaultNote fault = await ConfirmedAsync(small ? 60 : 5, note => note is { Kind: "node", Component: "n6" });
        if (!small) await Until.TrueAsync("its direction", () => lab.Faults.Since(began).Any(note => note.Component == "n6" && note.Direction == direction), Patience, Seen);
        Assert.DoesNotContain(lab.Faults.Since(began), note => never.Length > 0 && note.Direction == never);
        Assert.Equal("loss", fault.What);
        if (small)
        {
            lab.Network.Heal();
            await lab.QuietAsync("cleared");
            NobodyElse("n6");
            return;
        }

        await HealedAsync(Cleared);
        NobodyElse("n6");
    }

    [Fact]
    public async Task Two_zones_that_do_not_reach_each_other_are_blamed_and_no_node()
    {
        Begin("ip saddr 10.77.1.0/24 ip daddr 10.77.2.0/24 ip protocol udp drop");
        await ConfirmedAsync(3, note => note is { Kind: "zone_pair", Component: "a/b" });
        Assert.DoesNotContain(lab.Faults.Since(began), note => note is { Kind: "node", State: "confirmed" });
        CommandResult page = await lab.ScoutAsync("mesh", "faults");
        Assert.Equal(1, page.ExitCode);
        Assert.Contains("zone a", page.Stdout, StringComparison.Ordinal);

        // TCP too: the same fault, and connections fail.
        double before = await lab["n1"].SumAsync("scout_mesh_probes_total", "peer_zone=\"b\"", "proto=\"tcp\"", "result=\"fail\"");
        lab.Network.Fault("ip saddr 10.77.1.0/24 ip daddr 10.77.2.0/24 drop");
        await Until.TrueAsync(
            "TCP probes fail", async () => await lab["n1"].SumAsync("scout_mesh_probes_total", "peer_zone=\"b\"", "proto=\"tcp\"", "result=\"fail\"") > before, Patience);
        FaultNote still = Assert.Single(lab.Faults.Open(), static note => note.State != "suspect");
        Assert.Equal(("zone_pair", "a/b"), (still.Kind, still.Component));
        await HealedAsync(Cleared);
    }

    [Fact]
    public async Task Slow_is_not_lost()
    {
        await Until.TrueAsync("what is usual is known", () => lab.Nodes.All(node => lab.Faults.Reports(node.Name) >= 4), TimeSpan.FromSeconds(60));
        double lostBefore = await lab["n1"].SumAsync("scout_mesh_peer_probes_total", "peer=\"n5\"", "proto=\"udp\"", "result=\"fail\"");
        Begin();
        using (new DelayLine(lab.Network, "n5", TimeSpan.FromMilliseconds(20)))
        {
            FaultNote fault = await ConfirmedAsync(40, note => note is { Kind: "node", Component: "n5" });
            Assert.Equal("slow", fault.What);
            // The cable is a thread of this program: a busy machine makes it longer, never shorter.
            double most = LabLane.Of(0.021, 0.060);
            await Until.TrueAsync("a median of 20 ms", async () => await lab["n1"].SumAsync("scout_mesh_peer_rtt_seconds", "peer=\"n5\"", "proto=\"udp\"") is >= 0.0195 and var median && median <= most, Patience);
            Assert.InRange(await lab["n1"].SumAsync("scout_mesh_peer_probes_total", "peer=\"n5\"", "proto=\"udp\"", "result=\"fail\"") - lostBefore, 0, LabLane.Of(2, 10));
        }

        NobodyElse("n5");
        await lab.QuietAsync("cleared", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_narrow_middle_that_tells_nobody_is_an_mtu_fault_and_nothing_else()
    {
        Begin();
        using (new NarrowLine(lab.Network, "n3", 1400))
        {
            FaultNote fault = await ConfirmedAsync(40, note => note is { Kind: "node", Component: "n3" });
            Assert.Equal(("mtu", "node n3 mtu"), (fault.What, fault.Text));
            foreach (string node in (string[])["n1", "n3"]) Assert.True(await lab[node].SumAsync("scout_mesh_mtu_probes_total", "result=\"fail\"") > 0, $"{node} does not count them");
        }

        await lab.QuietAsync("cleared", TimeSpan.FromSeconds(60));
        Assert.All(lab.Faults.Since(began).Where(static note => note.State == "confirmed"), static note => Assert.Equal(("mtu", "n3"), (note.What, note.Component)));
    }

    [Fact]
    public async Task A_process_that_stands_still_is_no_network_fault_for_itself()
    {
        LabNode frozen = lab["n8"];
        double failed = await frozen.SumAsync("scout_mesh_outcomes_total", "proto=\"udp\"", "result=\"lost\"");
        Begin();
        frozen.Process.Signal(19);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        frozen.Process.Signal(18);
        await lab.QuietAsync("over");
        NobodyElse("n8");
        Assert.True(await frozen.SumAsync("scout_mesh_stall_seconds_total") > 1.5, "it does not know that it stood still");
        Assert.InRange(await frozen.SumAsync("scout_mesh_outcomes_total", "proto=\"udp\"", "result=\"lost\"") - failed, 0, LabLane.Of(0, 3));
    }

    /// <summary>One node after the other is replaced by one with another name at its address, with notice: no failure is counted, no check is CRITICAL. One that is killed meanwhile is named, alone.</summary>
    [Fact]
    public async Task Replaced_nodes_count_no_failure_and_one_killed_among_them_is_named()
    {
        string[] replaced = LabLane.Strict ? ["n9", "n12", "n10"] : ["n12"];
        LabNode[] others = [.. lab.Nodes.Where(node => node.Name is not ("n9" or "n10" or "n11" or "n12"))];
        double before = await FailuresAsync(others);
        long start = TimeProvider.System.GetTimestamp();
        Begin();
        await lab["n10"].StopAsync();
        lab["n10"].Launch();
        await lab["n10"].ReadyAsync();
        foreach (string name in replaced)
        {
            await ReplaceAsync(lab[name], Guest(name));
            // A tenth of twelve nodes a minute is one each 50 s; without the time for that it is many times as many.
            if (LabLane.Strict) await Task.Delay(TimeSpan.FromSeconds(45), TimeProvider.System);
        }

        await lab.QuietAsync("all are there");
        Assert.InRange(await FailuresAsync(others) - before, 0, LabLane.Of(0, 5));
        Assert.DoesNotContain(lab.Faults.Since(began), static note => note.State == "confirmed" || LabLane.Strict);

        Begin();
        // While another one says goodbye.
        Task back = ReplaceAsync(guests[0], lab[replaced[0]]);
        await lab["n11"].KillAsync();
        try
        {
            await ConfirmedAsync(3, note => note is { Kind: "node", Component: "n11" });
        }
        finally
        {
            lab["n11"].Launch();
            await Task.WhenAll(back, lab["n11"].ReadyAsync());
        }

        for (int i = 1; i < replaced.Length; i++) await ReplaceAsync(guests[i], lab[replaced[i]]);
        NobodyElse("n11");
        Assert.Empty(lab.Faults.CriticalSince(start));
    }

    [Fact]
    public async Task A_starved_host_loses_nothing_it_stalls()
    {
        double lost = await LostAsync();
        double sent = await SentAsync();
        Begin();
        List<ChildProcess> loops = [];
        try
        {
            for (int i = 0; i < 24; i++) loops.Add(ChildProcess.Start("/bin/sh", ["-c", "while :; do :; done"]));
            await Task.Delay(TimeSpan.FromSeconds(LabLane.Of(15, 10)), TimeProvider.System);
        }
        finally
        {
            foreach (ChildProcess loop in loops) await loop.DisposeAsync();
        }

        await lab.QuietAsync("rest");
        Assert.DoesNotContain(lab.Faults.Since(began), note => note.State == "confirmed");
        double share = (await LostAsync() - lost) / Math.Max(1, await SentAsync() - sent);
        Assert.True(share < LabLane.Of(0.001, 0.01), $"{share:P3} counted lost on a perfect network");
    }

    [Fact]
    public async Task Without_the_broker_the_checks_go_on()
    {
        await lab.StopBrokerAsync();
        try
        {
            lab.Network.Fault("""iifname "p_n2" drop""", """oifname "p_n2" drop""");
            await Until.TrueAsync("n2 knows by itself", async () => (await lab["n2"].ScoutAsync("status", "*/mesh", "--nagios")).ExitCode == 2, Patience);
            CommandResult own = await lab["n2"].ScoutAsync("mesh");
            Assert.Equal(1, own.ExitCode);
            lab.Network.Heal();
            await Until.TrueAsync("and that it is over", async () => (await lab["n2"].ScoutAsync("status", "*/mesh", "--nagios")).ExitCode == 0, TimeSpan.FromSeconds(90));
        }
        finally
        {
            await lab.StartBrokerAsync();
            lab.ListenAgain();
        }
    }

    [Fact]
    public async Task A_pair_that_loses_a_tenth_each_way_is_measured_as_it_is()
    {
        LabNode[] pair = [lab.Left, lab.Right];
        async Task<double> Count(params string[] labels)
        {
            double sum = 0;
            foreach (LabNode node in pair) sum += await node.SumAsync("scout_mesh_peer_probes_total", labels);
            return sum;
        }

        // It loses from the start, so that most of them have been sent while the others were tested.
        await Until.TrueAsync("1500 probes", async () => await Count("proto=\"udp\"") >= 1500, TimeSpan.FromSeconds(120));
        double ok = await Count("proto=\"udp\"", "result=\"ok\""), fail = await Count("proto=\"udp\"", "result=\"fail\"");
        // 1 - 0.9 * 0.9; three standard deviations of 1500 probes are 3 points.
        Assert.InRange(fail / (ok + fail), 0.16, LabLane.Of(0.22, 0.25));
        // Of 60 s, so of some 600: three standard deviations are 3.7 points. A busy machine loses a few more.
        Assert.InRange(await lab.Left.SumAsync("scout_mesh_peer_loss_ratio", "direction=\"forward\""), 0.05, LabLane.Of(0.15, 0.17));
        Assert.InRange(await lab.Left.SumAsync("scout_mesh_peer_loss_ratio", "direction=\"reverse\""), 0.04, LabLane.Of(0.14, 0.16));
        // 19 % are to be expected; of 150 connections three standard deviations are 10 points.
        Assert.True(await Count("proto=\"tcp\"", "result=\"fail\"") >= LabLane.Of(0.1, 0.06) * await Count("proto=\"tcp\""), "failing TCP probes are not seen");
    }

    private static async Task<double> FailuresAsync(IEnumerable<LabNode> nodes)
    {
        double sum = 0;
        foreach (LabNode node in nodes) sum += await node.SumAsync("scout_mesh_peer_probes_total", "result=\"fail\"");
        return sum;
    }

    private LabNode Guest(string host)
    {
        LabNode made = lab.Make(host.Replace('n', 'm'), host);
        guests.Add(made);
        return made;
    }

    private static async Task ReplaceAsync(LabNode old, LabNode by)
    {
        await old.StopAsync();
        by.Launch();
        await by.ReadyAsync();
    }

    private async Task<double> LostAsync()
    {
        double sum = 0;
        foreach (LabNode node in lab.Nodes) sum += await node.SumAsync("scout_mesh_outcomes_total", "proto=\"udp\"", "result=\"lost\"");
        return sum;
    }

    private async Task<double> SentAsync()
    {
        double sum = 0;
        foreach (LabNode node in lab.Nodes) sum += await node.SumAsync("scout_mesh_outcomes_total", "proto=\"udp\"");
        return sum;
    }

    private void Begin(params string[] rules)
    {
        lab.Network.Fault(rules);
        began = TimeProvider.System.GetTimestamp();
    }

    /// <summary>Waits for a confirmed fault, and holds how long it took against what is wanted.</summary>
    private async Task<FaultNote> ConfirmedAsync(double seconds, Func<FaultNote, bool> wanted)
    {
        FaultNote? found = null;
        await Until.TrueAsync("the fault confirmed", () => (found = lab.Faults.Since(began).FirstOrDefault(note => note.State is "confirmed" && wanted(note))) is not null, TimeSpan.FromSeconds(Math.Max(seconds, Patience.TotalSeconds)), Seen);
        TimeSpan took = TimeProvider.System.GetElapsedTime(began, found!.At);
        TestContext.Current.SendDiagnosticMessage($"{found} after {took.TotalSeconds:0.00} s");
        Assert.True(!LabLane.Strict || took <= TimeSpan.FromSeconds(seconds), $"confirmed after {took.TotalSeconds:0.00} s, not within {seconds} s:\n{Seen()}");
        return found;
    }

    private async Task HealedAsync(double seconds)
    {
        lab.Network.Heal();
        long healed = TimeProvider.System.GetTimestamp();
        await Until.TrueAsync("cleared", () => lab.Faults.Open().Count == 0, TimeSpan.FromSeconds(60), Seen);
        TimeSpan took = TimeProvider.System.GetElapsedTime(healed);
        TestContext.Current.SendDiagnosticMessage($"cleared {took.TotalSeconds:0.00} s after the healing");
        Assert.True(!LabLane.Strict || took <= TimeSpan.FromSeconds(seconds), $"cleared after {took.TotalSeconds:0.00} s, not within {seconds} s:\n{Seen()}");
    }

    private void NobodyElse(string component) =>
        Assert.DoesNotContain(lab.Faults.Since(began), note => note.State == "confirmed" && !note.Component.Split('/').Contains(component));

    private string Seen() => string.Join('\n', lab.Faults.Since(began).Select(note => $"{TimeProvider.System.GetElapsedTime(began, note.At).TotalSeconds:0.00} s  {note}"));
}
