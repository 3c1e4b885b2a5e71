using System.Text.Json;
using System.Xml;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering.Svg;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands.Mesh;

/// <summary>Matrix, diagnosis and probe.</summary>
public sealed class MeshLookTests
{
    [Theory]
    [InlineData("loss", """
        loss %  to a     b  c         rows probe columns, whole echo; . = under 0.01, - = no data
        from a     .  4.80  -
             b  4.71     .  -
             c     .     -  -

        """)]
    [InlineData("p99", """
        rtt p99 ms   to a      b  c         rows probe columns, whole echo; . = under 0.01, - = no data
            from a   0.90  40.20  -
                 b  41.00   1.00  -
                 c   1.10      -  -

        """)]
    public async Task The_matrix_of_zones_reads_row_to_column(string metric, string wanted)
    {
        await using FakeFleet fleet = await Meshes.FleetAsync();
        using FakeConsole console = Meshes.Console();
        Assert.Equal(0, await console.RunAsync("mesh", "matrix", "--metric", metric, "--broker", fleet.Url));
        Assert.Equal(Lines(wanted), Lines(console.Output));
    }

    [Fact]
    public async Task The_matrix_of_nodes_is_asked_of_the_nodes()
    {
        await using FakeFleet fleet = await Fleet();
        using FakeConsole console = Meshes.Console();
        Assert.Equal(0, await console.RunAsync("mesh", "matrix", "--by", "node", "-o", "json", "--broker", fleet.Url));
        JsonElement matrix = JsonDocument.Parse(console.Output).RootElement;
        Assert.Equal(["n1", "n7"], matrix.GetProperty("rows").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(50, matrix.GetProperty("values")[0][1].GetDouble());
        Assert.Equal(JsonValueKind.Null, matrix.GetProperty("values")[0][0].ValueKind);
    }

    [Fact]
    public async Task What_is_not_known_between_nodes_is_refused_with_a_way_out()
    {
        using FakeConsole console = Meshes.Console();
        Assert.Equal(2, await console.RunAsync("mesh", "matrix", "--by", "node", "--metric", "p99", "--broker", "nats://127.0.0.1:1"));
        Assert.Contains("hint: a node keeps medians of its peers: --metric p50", console.Errors, StringComparison.Ordinal);
        using FakeConsole zone = Meshes.Console();
        Assert.Equal(2, await zone.RunAsync("mesh", "matrix", "--zone", "a", "--broker", "nats://127.0.0.1:1"));
    }

    [Fact]
    public async Task The_picture_is_valid_xml_whatever_the_names_are()
    {
        var heat = new Heat("loss % <&>", "%", ["a\"'<script>", "\u0000b"], ["x&y", new string('w', 80)], new double?[,] { { 0, null }, { 100, 0.5 } });
        var document = new XmlDocument { XmlResolver = null };
        document.LoadXml(HeatMap.Draw(heat, Meshes.Now));
        Assert.Empty(document.GetElementsByTagName("script"));
        Assert.Contains(document.GetElementsByTagName("title").Cast<XmlNode>(), title => title.InnerText == "a\"'<script> to x&y: 0 %");
        await using FakeFleet fleet = await Meshes.FleetAsync();
        using var folder = new TempFolder();
        using FakeConsole console = Meshes.Console();
        Assert.Equal(0, await console.RunAsync("mesh", "matrix", "--svg", folder.File("m.svg"), "--broker", fleet.Url));
        document.Load(folder.File("m.svg"));
        Assert.Equal("", console.Output);
        using FakeConsole refused = Meshes.Console();
        Assert.Equal(2, await refused.RunAsync("mesh", "matrix", "--svg", folder.File("none/m.svg"), "--broker", fleet.Url));
        Assert.Contains("scout: error: --svg: ", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_is_explained()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress);
        using FakeConsole console = Meshes.Console(width: 80);
        Assert.Equal(1, await console.RunAsync("mesh", "diagnose", "f-7c21a0", "--broker", fleet.Url));
        Assert.Equal(
            """
            node n7 egress: confirmed 10:41:08, 1.8 s after the first loss; loss 38.0 %,
            confidence 0.9999
              for      n7->n3 6/10 lost forward, n11->n7 4/10 lost on the way back,
                       in all 20 of 20 paths, 20 of 20 far ends, 76 of 200 probes in 5 s
              against  none of its paths is clean
              witness  n2 (zone a) 2/5 lost, n44 (zone b) 1/5 lost
              ports    even
              trace    lost after hop 1

            """, console.Output);
    }

    [Fact]
    public async Task A_node_is_seen_from_both_sides()
    {
        await using FakeFleet fleet = await Fleet();
        using FakeConsole console = Meshes.Console();
        Assert.Equal(1, await console.RunAsync("mesh", "diagnose", "n7", "--broker", fleet.Url));
        Assert.Equal(
            """
            node n7 (zone b): no open fault names it
              out      probes 1, 0 failing, loss 0 % (0 of 60: 0 forward, 0 on the way back)
              in       is probed by 1, 1 failing, loss 50.0 % (30 of 60: 28 forward, 2 on the way back)
            FROM  STATE          LOSS   LOST  FWD/REV      RTT          TCP  LAST
            n1    up, failing  50.0 %  30/60     28/2  0.21 ms  2 of 8 fail  lost

            """, console.Output);
    }

    [Fact]
    public async Task Two_nodes_are_asked_both_ways()
    {
        await using FakeFleet fleet = await Fleet();
        using FakeConsole console = Meshes.Console();
        Assert.Equal(1, await console.RunAsync("mesh", "diagnose", "n1", "n7", "--broker", fleet.Url));
        Assert.StartsWith("between n1 and n7 something is wrong, whoever probes\n", console.Output, StringComparison.Ordinal);
        Assert.Contains("  now udp  4 of 5 answered: 0.20 0.21 0.22 0.23 ms; 1 lost\n", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f-abcdef", "the broker knows no such fault")]
    [InlineData("n77", "there is no such node\nhint: did you mean 'n7'?")]
    public async Task What_is_not_there_is_said(string what, string message)
    {
        await using FakeFleet fleet = await Fleet();
        using FakeConsole console = Meshes.Console();
        Assert.Equal(3, await console.RunAsync("mesh", "diagnose", what, "--broker", fleet.Url));
        Assert.Contains(message, console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_tells_each_packet()
    {
        await using FakeFleet fleet = await Fleet();
        using FakeConsole udp = Meshes.Console();
        Assert.Equal(1, await udp.RunAsync("mesh", "probe", "n1", "n7", "--broker", fleet.Url));
        Assert.Equal("n1 to n7 (zone b), udp: 4 of 5 answered: 0.20 0.21 0.22 0.23 ms; 1 lost\n", udp.Output);
        using FakeConsole tcp = Meshes.Console();
        Assert.Equal(0, await tcp.RunAsync("mesh", "probe", "n1", "n7", "--proto", "tcp", "--broker", fleet.Url));
        Assert.Equal("n1 to n7 (zone b), tcp: 1 of 1 answered: 0.20 ms\n", tcp.Output);
        using FakeConsole plugin = Meshes.Console();
        Assert.Equal(1, await plugin.RunAsync("mesh", "probe", "n1", "n7", "--nagios", "--broker", fleet.Url));
        Assert.StartsWith("MESH WARNING - n1 to n7: 4 of 5 answered", plugin.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_of_a_stranger_or_an_address_is_refused()
    {
        await using FakeFleet fleet = await Fleet();
        using FakeConsole stranger = Meshes.Console();
        Assert.Equal(3, await stranger.RunAsync("mesh", "probe", "n1", "n9", "--broker", fleet.Url));
        Assert.Contains("n1 did not probe: not_found: no peer of that name", stranger.Errors, StringComparison.Ordinal);
        using FakeConsole address = Meshes.Console();
        Assert.Equal(2, await address.RunAsync("mesh", "probe", "n1", "10.0.0.1", "--broker", fleet.Url));
        Assert.Contains("an address is not a name", address.Errors, StringComparison.Ordinal);
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(line => line.TrimEnd())];

    private static async Task<FakeFleet> Fleet()
    {
        FakeFleet fleet = await Meshes.FleetAsync();
        await fleet.EnrolAsync("n1");
        await fleet.EnrolAsync("n7");
        await fleet.ServeAsync(Meshes.Node("n1", "a", Meshes.Peer("n7", failing: true)));
        await fleet.ServeAsync(Meshes.Node("n7", "b", Meshes.Peer("n1")));
        return fleet;
    }
}
