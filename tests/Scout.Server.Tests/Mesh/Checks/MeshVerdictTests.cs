using System.Collections.Immutable;
using System.Globalization;
using Scout.Checks;
using Scout.Checks.Probes;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Checks;

namespace Scout.Server.Tests.Mesh.Checks;

public sealed class MeshVerdictTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A letter a peer: o good, x failing, r failed within the minute, l leaving, j joining, m failing in maintenance, s silent and failing; then lost and stalled of 60 probes each.</summary>
    [Theory]
    [InlineData("oooooooooo", 0, 0, "OK", "10 peers, none fails, loss 0 %, rtt 0.2 ms")]
    [InlineData("xooooooooo", 0, 0, "OK", "10 peers, 1 fails, loss 0 %")]
    [InlineData("rooooooooo", 0, 0, "OK", "10 peers, none fails, loss 0 %")]
    [InlineData("xxoooooooo", 0, 0, "OK", "10 peers, 2 fails")]
    [InlineData("xxxooooooo", 0, 0, "WARNING", "3 of 10 peers fail")]
    [InlineData("xxxxxooooo", 0, 0, "WARNING", "5 of 10 peers fail")]
    [InlineData("xxxxxxoooo", 0, 0, "CRITICAL", "6 of 10 peers fail")]
    [InlineData("xxxxxxxxxx", 0, 0, "CRITICAL", "10 of 10 peers fail, own link suspected")]
    [InlineData("ssssssoooo", 0, 0, "CRITICAL", "6 of 10 peers fail")]
    [InlineData("llllllllxo", 0, 0, "WARNING", "1 of 2 peers fail")]
    [InlineData("mmmmmmmmmo", 0, 0, "OK", "1 peers, none fails")]
    [InlineData("jjjjjjjjjo", 0, 0, "OK", "1 peers, none fails")]
    [InlineData("x", 0, 0, "CRITICAL", "1 of 1 peers fail")]
    [InlineData("xo", 0, 0, "WARNING", "1 of 2 peers fail")]
    [InlineData("xx", 0, 0, "CRITICAL", "2 of 2 peers fail")]
    [InlineData("xxo", 0, 0, "WARNING", "2 of 3 peers fail")]
    [InlineData("xxx", 0, 0, "CRITICAL", "3 of 3 peers fail, own link suspected")]
    [InlineData("xxoo", 0, 0, "WARNING", "2 of 4 peers fail")]
    [InlineData("xooo", 0, 0, "OK", "4 peers, 1 fails")]
    [InlineData("xxxo", 0, 0, "CRITICAL", "3 of 4 peers fail")]
    [InlineData("oooooooooo", 1, 0, "WARNING", "loss 1.67 % in 60 s, 0 of 10 peers fail")]
    [InlineData("oooooooooo", 12, 0, "WARNING", "loss 20 % in 60 s")]
    [InlineData("oooooooooo", 13, 0, "CRITICAL", "loss 21.67 % in 60 s")]
    [InlineData("oooooooooo", 0, 31, "UNKNOWN", "this process stood still for more than half of its probes (310 of 600)")]
    [InlineData("oooooooooo", 0, 30, "OK", "10 peers, none fails")]
    [InlineData("jjjj", 0, 0, "UNKNOWN", "4 peers, all of them joining")]
    [InlineData("llll", 0, 0, "OK", "4 peers, all of them leaving")]
    [InlineData("llmm", 0, 0, "OK", "4 peers, all of them leaving or maintenance")]
    public void It_judges_by_the_share_that_fails_and_by_loss(string peers, int lost, int stalled, string status, string text)
    {
        ProbeResult result = MeshVerdict.Judge(MeshCheckOptions.Default, Input(peers, lost, stalled), Now);
        Assert.StartsWith($"MESH {status}: {text}", result.Summary, StringComparison.Ordinal);
        Assert.Equal(status, result.Status.ToString().ToUpperInvariant());
    }

    [Fact]
    public void Alone_it_is_ok_and_without_peers_in_a_fleet_unknown()
    {
        MeshCheckInput none = Input("", 0, 0);
        Assert.Equal((CheckStatus.Ok, "MESH OK: no other node is known"), Said(MeshVerdict.Judge(MeshCheckOptions.Default, none with { Members = 1 }, Now)));
        Assert.Equal((CheckStatus.Unknown, "MESH UNKNOWN: no peer, although 4 others are known"), Said(MeshVerdict.Judge(MeshCheckOptions.Default, none with { Members = 5 }, Now)));
    }

    [Fact]
    public void One_peer_or_a_zone_is_judged_by_itself()
    {
        MeshCheckInput input = Input("xooo", 0, 0);
        MeshCheckOptions peer = MeshCheckOptions.Default with { Scope = MeshScope.Peer };
        Assert.Equal(CheckStatus.Critical, MeshVerdict.Judge(peer with { Name = "n0" }, input, Now).Status);
        Assert.Equal(CheckStatus.Ok, MeshVerdict.Judge(peer with { Name = "n1" }, input, Now).Status);
        Assert.Equal((CheckStatus.Unknown, "MESH UNKNOWN: n9 is no neighbour of this node"), Said(MeshVerdict.Judge(peer with { Name = "n9" }, input with { Knows = name => name == "n9" }, Now)));
        Assert.Equal((CheckStatus.Unknown, "MESH UNKNOWN: no node 'n8' is known"), Said(MeshVerdict.Judge(peer with { Name = "n8" }, input, Now)));
        MeshCheckOptions zone = MeshCheckOptions.Default with { Scope = MeshScope.Zone };
        Assert.Equal(CheckStatus.Warning, MeshVerdict.Judge(zone with { Name = "z0" }, input, Now).Status);
        Assert.Equal(CheckStatus.Ok, MeshVerdict.Judge(zone with { Name = "z1" }, input, Now).Status);
        Assert.Equal(CheckStatus.Unknown, MeshVerdict.Judge(zone with { Name = "z7" }, input, Now).Status);
    }

    [Fact]
    public void Few_probes_say_nothing_about_loss()
    {
        MeshCheckInput input = Input("oo", 0, 0);
        input = input with { Peers = [.. input.Peers.Select(peer => peer with { Counts = new MeshCounts(9, 5, 4, 0, 0, 0, 0, 0) })] };
        Assert.Equal(CheckStatus.Ok, MeshVerdict.Judge(MeshCheckOptions.Default, input, Now).Status);
    }

    [Fact]
    public void A_slow_network_is_a_warning_when_there_is_a_limit()
    {
        MeshCheckOptions limit = MeshCheckOptions.Default with { RttWarning = TimeSpan.FromMilliseconds(0.1) };
        ProbeResult result = MeshVerdict.Judge(limit, Input("oooo", 0, 0), Now);
        Assert.Equal((CheckStatus.Warning, "MESH WARNING: median round trip 0.2 ms, over 0.1 ms"), Said(result));
        Assert.Equal(ProbeReason.Slow, result.Reason);
    }

    [Fact]
    public void Numbers_are_in_a_fixed_order()
    {
        ProbeResult result = MeshVerdict.Judge(MeshCheckOptions.Default with { RttWarning = TimeSpan.FromMilliseconds(50) }, Input("oxoo", 6, 3), Now);
        Assert.Equal(
            "peers=4;;;0 failing=1;;;0 loss=12.719298%;1;20;0 loss_fwd=0%;;;0 loss_rev=0%;;;0 rtt=0.0002s;0.05;;0 stalled=5%;;;0",
            string.Join(' ', result.PerfData.Select(item => string.Create(CultureInfo.InvariantCulture, $"{item.Label}={item.Raw}"))));
        Assert.StartsWith("n1 (zone z1): ", result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 0, "OK", "no fault open, 9 of 10 nodes report, loss 0.1 %")]
    [InlineData("s", 0, "WARNING", "node n0, 9 of 10")]
    [InlineData("sc", 0, "CRITICAL", "node n1 and 1 more, 9 of 10")]
    [InlineData("m", 0, "OK", "no fault open")]
    [InlineData("b", 0, "WARNING", "node n0 cannot reach the broker")]
    [InlineData("c", 31, "UNKNOWN", "the broker's data is 31 s old")]
    public void The_fleet_is_judged_by_its_open_faults(string faults, int age, string status, string text)
    {
        ProbeResult result = MeshVerdict.Judge(new MeshFleetInput(Summary(), [.. faults.Select((kind, i) => Fault(kind, i))], ""), Now.AddSeconds(age));
        Assert.StartsWith($"MESH {status}: {text}", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fleet_without_data_is_unknown_and_says_why() =>
        Assert.Equal((CheckStatus.Unknown, "MESH UNKNOWN: no line to a broker"), Said(MeshVerdict.Judge(new MeshFleetInput(null, [], "no line to a broker"), Now)));

    private static (CheckStatus Status, string Summary) Said(ProbeResult result) => (result.Status, result.Summary);

    private static MeshCheckInput Input(string peers, int lost, int stalled) => new(
        [.. peers.Select((letter, i) => Peer(letter, i, lost, stalled))], peers.Length + 1, _ => false, SuspectsSelf: false);

    private static MeshCheckPeer Peer(char letter, int i, int lost, int stalled)
    {
        bool failing = letter is 'x' or 's' or 'm';
        MeshNodeState state = letter switch { 'l' => MeshNodeState.Leaving, 'j' => MeshNodeState.Joining, 'm' => MeshNodeState.Maintenance, 's' => MeshNodeState.Silent, _ => MeshNodeState.Up };
        int gone = failing ? 11 : letter == 'r' ? 30 : lost;
        return new MeshCheckPeer($"n{i}", $"z{i % 2}", state, failing, failing || letter == 'r', new MeshCounts(60, 60 - gone - stalled, gone, 0, 0, 0, stalled, 0), TimeSpan.FromMilliseconds(0.2));
    }

    private static MeshSummary Summary() => new()
    {
        Broker = "b",
        At = Now,
        Nodes = 10,
        Zones = 1,
        Rings = 0,
        Paths = 90,
        ProbesPerSecond = 10,
        WindowS = 30,
        Reporting = 9,
        Loss = 0.001,
        Late = 0,
        Stalled = 0,
        Suspects = 0,
        Confirmed = 0,
    };

    private static MeshFault Fault(char kind, int i) => new()
    {
        Id = $"f-00000{i}",
        State = kind == 's' ? MeshFaultState.Suspect : MeshFaultState.Confirmed,
        Kind = kind == 'b' ? MeshFaultKind.BrokerLink : MeshFaultKind.Node,
        Component = $"n{i}",
        Direction = MeshFaultDirection.Both,
        What = MeshFaultTrouble.Loss,
        Text = kind == 'b' ? $"node n{i} cannot reach the broker" : $"node n{i}",
        Loss = 1,
        Confidence = 1,
        Since = Now,
        At = Now,
        Maintenance = kind == 'm',
        Evidence = new MeshEvidence { Paths = 1, FailingPaths = 1, FarEnds = 1, FailingFarEnds = 1, Sent = 1, Lost = 1 },
    };
}
