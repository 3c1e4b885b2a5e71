using System.Text.Json;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Tests.Commands.Mesh;

public sealed class MeshCommandTests
{
    [Fact]
    public async Task Documents_that_a_node_steered_into_the_bucket_are_ignored_and_told()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress);
        await fleet.SteerAsync(Meshes.Summary().ToBytes(), "KV_SCOUT_MESH", "$KV.SCOUT_MESH.summary");
        using FakeConsole console = Meshes.Console();
        Assert.Equal(3, await console.RunAsync("mesh", "--broker", fleet.Url));
        Assert.Contains("the document summary was ignored: it was copied here from another stream", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_fleet_is_a_page_with_its_faults()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress, Meshes.Zones);
        using FakeConsole console = Meshes.Console();
        Assert.Equal(1, await console.RunAsync("mesh", "--broker", fleet.Url));
        Assert.Equal(
            """
            1000 nodes, 5 zones, 10 rings: 10000 paths, 12 probes/s a node   window 30 s, 1000 reporting, data 1s old
            loss 0.0004 %   rtt p50 0.21 ms p99 0.94 ms   late 0   stalled 0.02 %   maintenance n12 (cordoned)   leaving none
            FAULT     WHAT              STATE        FOR    LOSS  CONFIDENCE  EVIDENCE
            f-7c21a0  node n7 egress    confirmed  1m12s  38.0 %      0.9999  20 of 20 paths, 20 far ends, 96 % forward
            f-90b3e4  zone a to zone b  suspect       1s  4.80 %      0.9732  61 of 402 paths, ports 3 9

            """, console.Output);
    }

    [Fact]
    public async Task Eighty_columns_are_enough()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress, Meshes.Zones);
        using FakeConsole console = Meshes.Console(width: 80);
        Assert.Equal(1, await console.RunAsync("mesh", "--broker", fleet.Url));
        Assert.Equal(
            """
            1000 nodes, 5 zones, 10 rings: 10000 paths, 12 probes/s a node
            window 30 s, 1000 reporting, data 1s old
            loss 0.0004 %   rtt p50 0.21 ms p99 0.94 ms   late 0   stalled 0.02 %
            maintenance n12 (cordoned)   leaving none
            FAULT     STATE        FOR    LOSS  CONFIDENCE  WHAT
            f-7c21a0  confirmed  1m12s  38.0 %      0.9999  node n7 egress
                      20 of 20 paths, 20 far ends, 96 % forward
            f-90b3e4  suspect       1s  4.80 %      0.9732  zone a to zone b
                      61 of 402 paths, ports 3 9

            """, console.Output);
        Assert.All(console.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public async Task Without_a_fault_it_says_so_and_ends_with_0()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync();
        using FakeConsole console = Meshes.Console();
        Assert.Equal(0, await console.RunAsync("mesh", "--broker", fleet.Url));
        Assert.EndsWith("\nno open fault\n", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_all_of_it()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress);
        using FakeConsole console = Meshes.Console();
        Assert.Equal(1, await console.RunAsync("mesh", "-o", "json", "--broker", fleet.Url));
        JsonElement mesh = JsonDocument.Parse(console.Output).RootElement;
        Assert.Equal(1000, mesh.GetProperty("reporting").GetInt32());
        Assert.Equal(1000, mesh.GetProperty("data_age_ms").GetInt32());
        JsonElement fault = Assert.Single(mesh.GetProperty("faults").EnumerateArray());
        Assert.Equal(("node", "n7", "egress", "loss"), (fault.GetProperty("kind").GetString(), fault.GetProperty("component").GetString(), fault.GetProperty("direction").GetString(), fault.GetProperty("what").GetString()));
        Assert.Equal(JsonValueKind.Null, fault.GetProperty("cleared").ValueKind);
        Assert.Equal(20, fault.GetProperty("evidence").GetProperty("failing_paths").GetInt32());
    }

    [Fact]
    public async Task Old_data_is_shown_and_ends_with_3()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync();
        using FakeConsole console = Meshes.Console(now: Meshes.Now.AddMinutes(2));
        Assert.Equal(3, await console.RunAsync("mesh", "--broker", fleet.Url));
        Assert.Contains("1000 nodes", console.Output, StringComparison.Ordinal);
        Assert.Equal("scout: this is 2m01s old: broker hub has stopped writing; is it running, and do the clocks agree?\n", console.Errors);
    }

    [Fact]
    public async Task A_broker_that_keeps_no_mesh_is_told_apart_from_one_that_has_heard_nothing()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        using FakeConsole bare = Meshes.Console();
        Assert.Equal(3, await bare.RunAsync("mesh", "--broker", fleet.Url));
        Assert.Contains("there is no bucket SCOUT_MESH\nhint: is it 'scout broker run'", bare.Errors, StringComparison.Ordinal);
        await fleet.MeshAsync();
        using FakeConsole empty = Meshes.Console();
        Assert.Equal(3, await empty.RunAsync("mesh", "--broker", fleet.Url));
        Assert.Contains("nobody has written about the mesh yet\nhint: the broker begins when the first node reports: mesh.enabled", empty.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_is_none_is_named_and_the_others_are_used()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress, Meshes.Zones with { Id = "f-000001" });
        await fleet.PutMeshAsync("fault.f-000001", "{\"id\":\"\\u001b[2J\"}"u8.ToArray());
        using FakeConsole console = Meshes.Console();
        Assert.Equal(1, await console.RunAsync("mesh", "--broker", fleet.Url));
        Assert.Contains("f-7c21a0", console.Output, StringComparison.Ordinal);
        Assert.Contains("scout: the document fault.f-000001 was ignored: ", console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("\x1b", console.Errors + console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_texts_are_shown_harmlessly()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress with { Text = "node \x1b]0;gotcha\x07 | x", Evidence = Meshes.Egress.Evidence with { Trace = "a\nb\u202e" } });
        foreach (string[] command in (string[][])[["mesh"], ["mesh", "faults"], ["mesh", "diagnose", "f-7c21a0"], ["mesh", "-o", "yaml"]])
        {
            using FakeConsole console = Meshes.Console(width: 90);
            Assert.Equal(1, await console.RunAsync([.. command, "--broker", fleet.Url]));
            Assert.DoesNotContain(console.Output, character => character is '\x1b' or '\x07' or '\u202e');
        }

        using FakeConsole plugin = Meshes.Console();
        Assert.Equal(2, await plugin.RunAsync("mesh", "--nagios", "--broker", fleet.Url));
        Assert.Equal(2, plugin.Output.Split('|').Length);
    }

    [Theory]
    [InlineData(0, "MESH OK - 1000 nodes, no open fault | nodes=1000 reporting=1000 confirmed=0 suspects=0 loss=0.0004% rtt=0.000210s\n")]
    [InlineData(1, "MESH WARNING - zone a to zone b (suspect, loss 4.80 %) | nodes=1000 reporting=1000 confirmed=0 suspects=1 loss=0.0004% rtt=0.000210s\n")]
    [InlineData(2, "MESH CRITICAL - node n7 egress (confirmed, loss 38.0 %), zone a to zone b (suspect, loss 4.80 %) | nodes=1000 reporting=1000 confirmed=1 suspects=1 loss=0.0004% rtt=0.000210s\n")]
    public async Task As_a_plugin_it_is_one_line(int code, string line)
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(code switch { 0 => [], 1 => [Meshes.Zones], _ => [Meshes.Zones, Meshes.Egress] });
        using FakeConsole console = Meshes.Console();
        Assert.Equal(code, await console.RunAsync("mesh", "--nagios", "--broker", fleet.Url));
        Assert.Equal(line, console.Output);
    }

    [Fact]
    public async Task As_a_plugin_old_data_are_unknown_and_maintenance_does_not_page()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress with { Maintenance = true });
        using FakeConsole calm = Meshes.Console();
        Assert.Equal(0, await calm.RunAsync("mesh", "--nagios", "--broker", fleet.Url));
        Assert.StartsWith("MESH OK - 1000 nodes, no open fault but 1 in maintenance |", calm.Output, StringComparison.Ordinal);
        using FakeConsole old = Meshes.Console(now: Meshes.Now.AddMinutes(1));
        Assert.Equal(3, await old.RunAsync("mesh", "--nagios", "--broker", fleet.Url));
        Assert.StartsWith("MESH UNKNOWN - this is 1m01s old", old.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_node_behind_a_socket_tells_what_it_sees_worst_first()
    {
        await using FakeSocket socket = new(Meshes.Node("n3", "a", Meshes.Peer("n1"), Meshes.Peer("n7", failing: true)));
        socket.Node.With("x", "OK");
        Func<Scout.Protocol.Rpc.RpcRequest, Scout.Protocol.Rpc.RpcReply?> instead = socket.Node.Instead!;
        socket.Node.Instead = request => request.Args is Scout.Protocol.Rpc.PingArgs ? null : instead(request);
        using FakeConsole console = Meshes.Console();
        Assert.Equal(1, await console.RunAsync("mesh", "--socket", socket.Path));
        Assert.Equal(
            """
            node n3, zone a, up   4 members, full mesh: probes 2, probed by 3 of 3   peers from roster, 4s old   2 had another place in a later source
            loss 2.00 %   rtt p50 0.20 ms p99 1.50 ms   late 1   stalled 0 %   window 60 s
            PEER  ZONE  STATE          LOSS   LOST  FWD/REV      RTT          TCP  LAST
            n7    b     up, failing  50.0 %  30/60     28/2  0.21 ms  2 of 8 fail  lost
            n1    b     up              0 %   0/60        -  0.21 ms      0.70 ms  ok

            """, console.Output);
    }

    [Fact]
    public async Task Faults_all_adds_the_cleared_ones()
    {
        await using FakeFleet fleet = await Meshes.FleetAsync(Meshes.Egress);
        MeshFault over = Meshes.Zones with { State = MeshFaultState.Cleared, Since = Meshes.Now.AddHours(-2), Cleared = Meshes.Now.AddHours(-1), At = Meshes.Now.AddHours(-1) };
        await fleet.PutAsync("scout.mesh.fault.f-90b3e4", System.Text.Encoding.UTF8.GetString(MeshFaultEvent.Write(Guid.Empty, "hub", over)));
        using FakeConsole console = Meshes.Console();
        Assert.Equal(1, await console.RunAsync("mesh", "faults", "--all", "--broker", fleet.Url));
        Assert.Equal(
            """
            FAULT     WHAT              STATE        FOR    LOSS  CONFIDENCE  EVIDENCE
            f-7c21a0  node n7 egress    confirmed  1m12s  38.0 %      0.9999  20 of 20 paths, 20 far ends, 96 % forward
            f-90b3e4  zone a to zone b  cleared    1h00m  4.80 %      0.9732  61 of 402 paths, ports 3 9

            """, console.Output);
        Assert.Equal("", console.Errors);
        using FakeConsole open = Meshes.Console();
        Assert.Equal(1, await open.RunAsync("mesh", "faults", "-o", "name", "--broker", fleet.Url));
        Assert.Equal("f-7c21a0\n", open.Output);
    }
}
