using System.Text.Json;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands;

public sealed class StatusCommandTests
{
    [Fact]
    public async Task A_table_has_a_line_a_machine()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "--socket", socket.Path));
        Assert.Equal(
            """
            NODE  MACHINE  STATE        SINCE  SOFT          FLAGS  OUTPUT
            web1  disk     CRITICAL     2h14m  -             ack    DISK CRITICAL - 4% free
            web1  load     OK           2h14m  CRITICAL 2/3  flap   LOAD OK
            web1  pay      MAINTENANCE  2h14m  -             maint  -

            """, console.Output);
        Assert.Equal("", console.Errors);
    }

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    [InlineData("name")]
    public async Task A_node_that_its_fleet_does_not_see_says_so_on_stderr_and_nowhere_else(string mode)
    {
        await using FakeSocket socket = Node();
        using FakeConsole enrolled = Console();
        socket.Node.Enrolment = ("enrolled", "connected");
        Assert.Equal(0, await enrolled.RunAsync("status", "-o", mode, "--socket", socket.Path));
        Assert.Equal("", enrolled.Errors);
        socket.Node.Enrolment = ("not_enrolled", "not enrolled: make a token with 'scout token new --for web1'\u001b[2J");
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "-o", mode, "--socket", socket.Path));
        Assert.StartsWith("scout: web1 is not seen by its fleet (not enrolled): not enrolled: make a token with 'scout token new --for web1'", console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', console.Errors);
        Assert.Equal(enrolled.Output, console.Output);
    }

    [Fact]
    public async Task As_a_plugin_the_line_is_about_the_machines_alone()
    {
        await using FakeSocket socket = Node();
        using FakeConsole enrolled = Console();
        int code = await enrolled.RunAsync("status", "--nagios", "--socket", socket.Path);
        socket.Node.Enrolment = ("refused", "not enrolled: the token was used");
        using FakeConsole console = Console();
        Assert.Equal(code, await console.RunAsync("status", "--nagios", "--socket", socket.Path));
        Assert.Equal((enrolled.Output, ""), (console.Output, console.Errors));
    }

    [Fact]
    public async Task Wide_has_local_times_and_labels()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "web1/disk", "-o", "wide", "--socket", socket.Path));
        Assert.Contains("2030-01-01 00:00:00", console.Output, StringComparison.Ordinal);
        Assert.Contains("team=storage", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_every_key_and_null_for_nothing()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "web1/disk", "-o", "json", "--socket", socket.Path));
        JsonElement row = JsonDocument.Parse(console.Output).RootElement[0];
        string[] keys =
        [
            "node", "machine", "state", "since", "status", "hard", "attempt", "attempts", "flapping", "maintenance", "acknowledged", "suppressed_by", "runaway",
            "definition_error", "output", "last_result", "next_due", "labels", "stale",
        ];
        Assert.All(keys, key => Assert.True(row.TryGetProperty(key, out _), key));
        Assert.Equal("2030-01-01T00:00:00.000Z", row.GetProperty("since").GetString());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("maintenance").ValueKind);
        Assert.Equal("anna", row.GetProperty("acknowledged").GetProperty("caller").GetString());
    }

    [Theory]
    [InlineData("name", "web1/disk\nweb1/load\nweb1/pay\n")]
    public async Task Names_are_targets(string mode, string printed)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "-o", mode, "--socket", socket.Path));
        Assert.Equal(printed, console.Output);
    }

    [Theory]
    [InlineData("--state critical", "web1/disk\n")]
    [InlineData("--state OK --state MAINTENANCE", "web1/load\nweb1/pay\n")]
    [InlineData("--state OK,MAINTENANCE", "web1/load\nweb1/pay\n")]
    [InlineData("-l team=storage", "web1/disk\n")]
    [InlineData("web1/*a*", "web1/load\nweb1/pay\n")]
    [InlineData("web*/disk web1/pay", "web1/disk\nweb1/pay\n")]
    public async Task Filters_narrow_it_down(string filter, string names)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync(["status", .. filter.Split(' '), "-o", "name", "--socket", socket.Path]));
        Assert.Equal(names, console.Output);
    }

    [Theory]
    [InlineData("--state UNKNOWN")]
    [InlineData("web1/x*")]
    [InlineData("-l team=nobody")]
    public async Task Nothing_matched_is_exit_4(string filter)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(4, await console.RunAsync(["status", .. filter.Split(' '), "--socket", socket.Path]));
        Assert.Equal("no machine matches\n", console.Errors);
    }

    [Theory]
    [InlineData("crit", "CRITICAL")]
    [InlineData("WARNIGN", "WARNING")]
    public async Task A_state_that_nothing_is_in_is_named_with_the_one_that_was_meant(string typed, string meant)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(4, await console.RunAsync("status", "--state", typed, "--socket", socket.Path));
        Assert.Contains($"scout: no machine is in a state '{typed}'\nhint: did you mean --state {meant}?\n", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_machine_is_named_with_the_nearest_one()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(4, await console.RunAsync("status", "web1/disc", "--socket", socket.Path));
        Assert.Contains("scout: web1/disc: there is no such machine\nhint: did you mean 'web1/disk'?\n", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_node_is_named_and_the_others_go_on()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "web1/disk", "web9", "-o", "name", "--socket", socket.Path));
        Assert.Equal("web1/disk\n", console.Output);
        Assert.Contains("scout: web9: there is no such node\n", console.Errors, StringComparison.Ordinal);
        Assert.Equal(4, await console.RunAsync("status", "web9", "--socket", socket.Path));
    }

    [Fact]
    public async Task A_limit_stops_and_says_so()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "--limit", "1", "-o", "name", "--socket", socket.Path));
        Assert.Equal("web1/disk\n", console.Output);
        Assert.Contains("2 more rows", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_are_put_together()
    {
        await using FakeSocket socket = Node();
        socket.Node.Page = 1;
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "-o", "name", "--socket", socket.Path));
        Assert.Equal("web1/disk\nweb1/load\nweb1/pay\n", console.Output);
        Assert.Equal(3, socket.Node.Asked.Count(request => request.Args is MachinesArgs));
    }

    [Fact]
    public async Task Files_that_were_never_good_are_told()
    {
        await using FakeSocket socket = Node();
        socket.Node.Refused.Add(("machines/x.yaml", "machines/x.yaml:7:5: error unknown_key: 'atempts'"));
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "--socket", socket.Path));
        Assert.Contains("web1: machines/x.yaml was never good: machines/x.yaml:7:5", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_turned_bad_is_not_called_one_that_was_never_good()
    {
        await using FakeSocket socket = Node();
        socket.Node.Refused.Add(("/etc/scout/policy.yaml", "the last good policy stays: /etc/scout/policy.yaml:3:5: no such action"));
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "--socket", socket.Path));
        Assert.Contains("web1: /etc/scout/policy.yaml: the last good policy stays: /etc/scout/policy.yaml:3:5", console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("never good", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_of_a_plugin_cannot_drive_the_terminal()
    {
        await using var socket = new FakeSocket(new FakeNode("web1").With("evil", "OK", "\x1b[2J\x1b]0;gone\x07\nsecond\u202e"));
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("status", "--socket", socket.Path));
        Assert.Contains("\\e[2J\\e]0;gone\\x07\\nsecond\\u202e", console.Output, StringComparison.Ordinal);
        Assert.All(console.Output.Where(char.IsControl), c => Assert.Equal('\n', c));
    }

    [Fact]
    public async Task A_node_that_answers_busy_has_failed()
    {
        await using FakeSocket socket = Node();
        socket.Node.Instead = request => request.Args is MachinesArgs ? socket.Node.Reply(request) with { Code = RpcCode.Busy, Message = "256 requests" } : null;
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("status", "--socket", socket.Path));
        Assert.Contains("web1: busy: 256 requests", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_denies_is_exit_3()
    {
        await using FakeSocket socket = Node();
        socket.Node.Instead = request => request.Args is MachinesArgs ? socket.Node.Reply(request) with { Code = RpcCode.Denied, Message = "policy rule 4" } : null;
        using FakeConsole console = Console();
        Assert.Equal(3, await console.RunAsync("status", "--socket", socket.Path));
        Assert.Contains("denied: policy rule 4", console.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OK", 0, "SCOUT OK - 1 machine | ok=1 warning=0 critical=0 unknown=0\n")]
    [InlineData("WARNING", 1, "SCOUT WARNING - web1/a (text / more) | ok=0 warning=1 critical=0 unknown=0\n")]
    [InlineData("CRITICAL", 2, "SCOUT CRITICAL - web1/a (text / more) | ok=0 warning=0 critical=1 unknown=0\n")]
    [InlineData("UNKNOWN", 3, "SCOUT UNKNOWN - web1/a (text / more) | ok=0 warning=0 critical=0 unknown=1\n")]
    [InlineData("MAINTENANCE", 0, "SCOUT OK - 1 machine | ok=1 warning=0 critical=0 unknown=0\n")]
    public async Task As_a_plugin_it_maps_the_worst_state(string state, int exit, string line)
    {
        await using var socket = new FakeSocket(new FakeNode("web1").With("a", state, "text | more"));
        using FakeConsole console = Console();
        Assert.Equal(exit, await console.RunAsync("status", "--nagios", "--socket", socket.Path));
        Assert.Equal(line, console.Output);
    }

    [Fact]
    public async Task As_a_plugin_critical_is_worse_than_unknown_and_acknowledged_counts_as_ok()
    {
        await using FakeSocket socket = Node();
        socket.Node.With("x", "UNKNOWN").With("y", "CRITICAL", "really");
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("status", "--nagios", "--socket", socket.Path));
        Assert.StartsWith("SCOUT CRITICAL - web1/y (really)", console.Output, StringComparison.Ordinal);
        Assert.Contains("critical=1 unknown=1", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--socket", "/nonexistent/server.sock")]
    [InlineData("--broker", "nats://127.0.0.1:1")]
    public async Task As_a_plugin_every_failure_is_unknown_on_one_line(params string[] args)
    {
        using FakeConsole console = Console();
        Assert.Equal(3, await console.RunAsync(["status", "--nagios", "--timeout", "1s", .. args]));
        Assert.StartsWith("SCOUT UNKNOWN - ", console.Output, StringComparison.Ordinal);
        Assert.Single(console.Output.TrimEnd('\n').Split('\n'));
    }

    private static FakeConsole Console() => new() { Time = new ManualTime(new DateTimeOffset(2030, 1, 1, 2, 14, 0, TimeSpan.Zero)) };

    private static FakeSocket Node()
    {
        DateTimeOffset since = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new FakeSocket(new FakeNode("web1")
            .With("disk", "CRITICAL", "DISK CRITICAL - 4% free", machine => machine with
            {
                Acknowledged = new MaintenanceData("on it", null, "anna", since),
                Labels = LabelSelector.None.Add("team", "storage"),
                NextDue = since.AddHours(3),
            })
            .With("load", "OK", "LOAD OK", machine => machine with { Hard = false, Soft = "CRITICAL 2/3", Attempt = 2, Attempts = 3, Flapping = true })
            .With("pay", "MAINTENANCE", null, machine => machine with { Maintenance = new MaintenanceData("kernel", since.AddHours(4), "anna", since) }));
    }
}
