using System.Text.Json;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Nats;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Tests.Asking;

[Trait("attack", "7")]
public sealed class FleetClientTests
{
    [Fact]
    public async Task Every_round_ends_with_names()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        foreach (string node in (string[])["web1", "web2", "web3", "web4"]) await fleet.EnrolAsync(node);
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));
        await fleet.ServeAsync(new FakeNode("web3") { Mute = true });
        await fleet.ServeAsync(new FakeNode("web4").With("disk", "OK"));
        await fleet.ServeAsync(new FakeNode("web4").With("disk", "OK"));
        using var console = new FakeConsole();
        Assert.Equal(5, await console.RunAsync("ping", "-o", "json", "--timeout", "3s", "--broker", fleet.Url));
        string[] answers = [.. JsonDocument.Parse(console.Output).RootElement.EnumerateArray().Select(row => row.GetProperty("answer").GetString()!)];
        Assert.Equal(["answered", "not_connected", "silent", "contradictory"], answers);
        Assert.Contains("scout: web2: not connected", console.Errors, StringComparison.Ordinal);
        Assert.Contains("scout: web3: silent: connected, and no answer within 3.0s", console.Errors, StringComparison.Ordinal);
        Assert.Contains("scout: web4: contradictory: two servers", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_node_is_told_with_the_time_that_it_was_given_and_not_with_that_of_a_check()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        foreach (string node in (string[])["web1", "web3"]) await fleet.EnrolAsync(node);
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));
        await fleet.ServeAsync(new FakeNode("web3") { Mute = true });
        using var console = new FakeConsole();
        await console.RunAsync("check", "--all", "--yes", "--timeout", "3s", "--wait", "20s", "--broker", fleet.Url);
        Assert.Contains("scout: web3: silent: connected, and no answer within 3.0s", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_round_ends_early_when_all_have_answered()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));
        using var console = new FakeConsole();
        long start = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await console.RunAsync("status", "--timeout", "5m", "--broker", fleet.Url));
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_node_that_answers_but_is_not_in_the_roster_is_unlisted()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.ServeAsync(new FakeNode("web9").With("disk", "OK"));
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("nodes", "web9", "-o", "jsonl", "--broker", fleet.Url));
        Assert.Contains("\"answer\":\"unlisted\"", console.Output, StringComparison.Ordinal);
        Assert.Contains("scout: web9: answers, but is not in the roster", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_nobody_bears_is_no_node()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        using var console = new FakeConsole();
        Assert.Equal(4, await console.RunAsync("status", "wbe1", "--broker", fleet.Url));
        Assert.Contains("scout: wbe1: there is no such node\nhint: did you mean 'web1'?", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_of_nodes_are_those_of_the_roster()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("db1", ("role", "db"));
        await fleet.EnrolAsync("web1", ("role", "web"));
        await fleet.ServeAsync(new FakeNode("db1"));
        await fleet.ServeAsync(new FakeNode("web1"));
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("nodes", "--node-label", "role=web", "-o", "name", "--broker", fleet.Url));
        Assert.Equal("web1\n", console.Output);
    }

    [Fact]
    public async Task An_entry_that_cannot_be_trusted_does_not_hide_the_last_good_one()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1", ("role", "web"));
        await fleet.PutRosterAsync("web1", "{\"schema\":\"io.scout.node.v1\",\"node\":\"db1\"}");
        await fleet.PutRosterAsync("web1", "not json");
        await fleet.ServeAsync(new FakeNode("web1"));
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("nodes", "--node-label", "role=web", "-o", "name", "--broker", fleet.Url));
        Assert.Equal("web1\n", console.Output);
    }

    [Fact]
    public async Task A_node_that_was_forgotten_is_gone()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.PutRosterAsync("web1", "", new NatsHeaders { ["KV-Operation"] = "DEL" });
        using var console = new FakeConsole();
        Assert.Equal(4, await console.RunAsync("nodes", "--broker", fleet.Url));
    }

    [Fact]
    public async Task What_a_node_steers_into_the_roster_neither_changes_nor_deletes_another()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1", ("role", "web"));
        await fleet.ServeAsync(new FakeNode("web1"));
        await fleet.SteerAsync([], "KV_SCOUT_NODES", "$KV.SCOUT_NODES.web1", new NatsHeaders { ["KV-Operation"] = "DEL" });
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("nodes", "--node-label", "role=web", "-o", "name", "--broker", fleet.Url));
        Assert.Equal("web1\n", console.Output);
        await fleet.SteerAsync("""{"schema":"io.scout.node.v1","node":"web1","version":"0.1.0","os":"x","arch":"x","machines":1,"started":"2030-01-01T00:00:00Z","alive_s":300,"labels":{"role":"db"}}"""u8.ToArray(), "KV_SCOUT_NODES", "$KV.SCOUT_NODES.web1");
        using var again = new FakeConsole();
        Assert.Equal(0, await again.RunAsync("nodes", "--node-label", "role=web", "-o", "name", "--broker", fleet.Url));
        Assert.Equal("web1\n", again.Output);
    }

    [Fact]
    public async Task Last_words_speak_for_a_node_that_does_not_answer()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.EnrolAsync("web2");
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));
        await fleet.StateAsync("web2", "disk", "CRITICAL");
        await fleet.PutAsync("scout.event.web2.evil.state", "{\"not\":\"an event\"}");
        await fleet.CopiedAsync(2);
        using var console = new FakeConsole();
        Assert.Equal(5, await console.RunAsync("status", "-o", "json", "--broker", fleet.Url));
        JsonElement[] rows = [.. JsonDocument.Parse(console.Output).RootElement.EnumerateArray()];
        Assert.Equal(["disk", "disk", "evil"], rows.Select(row => row.GetProperty("machine").GetString()));
        Assert.False(rows[0].GetProperty("stale").GetBoolean());
        Assert.True(rows[1].GetProperty("stale").GetBoolean());
        Assert.Equal("CRITICAL", rows[1].GetProperty("state").GetString());
        Assert.Equal("UNKNOWN", rows[2].GetProperty("state").GetString());
        Assert.Contains("unreadable", rows[2].GetProperty("output").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_a_plugin_a_silent_node_is_unknown()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.EnrolAsync("web2");
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));
        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("status", "--nagios", "--broker", fleet.Url));
        Assert.StartsWith("SCOUT UNKNOWN - web2 does not answer | ok=1", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Effects_go_to_each_node_and_silence_is_exit_5()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        var quiet = new FakeNode("web2").With("disk", "OK");
        quiet.Instead = request => request.Args is MachinesArgs ? null : quiet.Mute ? null : Hush(quiet);
        await fleet.EnrolAsync("web1");
        await fleet.EnrolAsync("web2");
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "CRITICAL"));
        await fleet.ServeAsync(quiet);
        using var console = new FakeConsole();
        Assert.Equal(5, await console.RunAsync("maintenance", "start", "web*/disk", "--for", "1h", "--yes", "-o", "name", "--timeout", "3s", "--broker", fleet.Url));
        Assert.Equal("web1/disk\n", console.Output);
        Assert.Contains("scout: web2: silent", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_caller_is_named()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));
        using var console = new FakeConsole();
        console.Environment["SUDO_USER"] = "anna";
        Assert.Equal(0, await console.RunAsync("ack", "web1/disk", "--broker", fleet.Url));
        Assert.Equal("anna", fleet.Caller);
    }

    [Fact]
    public async Task Many_nodes_are_asked_at_a_time()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        for (int i = 0; i < 450; i++) await fleet.EnrolAsync($"n{i:000}");
        for (int i = 0; i < 450; i++) await fleet.ServeAsync(new FakeNode($"n{i:000}"));
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("ping", "-o", "name", "--timeout", "30s", "--broker", fleet.Url));
        Assert.Equal(450, console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task No_broker_is_exit_3_with_what_to_do()
    {
        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("status", "--timeout", "1s", "--broker", "nats://127.0.0.1:1"));
        Assert.Contains("scout: error: no broker at nats://127.0.0.1:1", console.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: is it running? start one with: scout broker run --dev", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_nats_server_that_is_no_broker_of_ours_is_exit_3()
    {
        await using Scout.Testing.NatsServerProcess server = await Scout.Testing.NatsServerProcess.StartAsync();
        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("nodes", "--timeout", "1s", "--broker", server.Url));
        Assert.Contains("hint: is this a broker of Scout", console.Errors, StringComparison.Ordinal);
    }

    private static RpcReply? Hush(FakeNode node)
    {
        node.Mute = true;
        throw new OperationCanceledException();
    }
}
