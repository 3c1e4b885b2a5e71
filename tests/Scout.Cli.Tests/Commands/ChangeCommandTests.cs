using System.Text.Json;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands;

public sealed class ChangeCommandTests
{
    [Fact]
    public async Task Maintenance_of_one_machine_needs_no_question()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("maintenance", "start", "web1/disk", "--for", "2h", "--reason", "kernel", "--socket", socket.Path));
        Assert.Equal(
            """
            NODE  MACHINE  RESULT  FROM      TO           UNTIL                MESSAGE
            web1  disk     ok      CRITICAL  MAINTENANCE  2030-01-01 02:00:00  -

            """, console.Output);
        MaintenanceArgs args = Assert.IsType<MaintenanceArgs>(socket.Node.Asked[^1].Args);
        Assert.Equal(7200, args.ForS);
        Assert.Equal("kernel", args.Reason);
        Assert.Equal(["disk"], args.Selection.Machines);
    }

    [Fact]
    public async Task Json_tells_all_of_it()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("maintenance", "start", "web1/disk", "--open-ended", "-o", "jsonl", "--socket", socket.Path));
        Assert.Equal(
            """{"node":"web1","machine":"disk","code":"ok","message":null,"from":"CRITICAL","to":"MAINTENANCE","until":null,"allowed":["RESUME"],"event":"01a1fb93-4685-7a0f-95f5-5c94ec7de222"}""" + "\n",
            console.Output);
    }

    [Theory]
    [InlineData("", "when does the maintenance end?")]
    [InlineData("--for 1h --open-ended", "exclude each other")]
    [InlineData("--for soon", "'soon' is not a duration")]
    [InlineData("--for 2000d", "out of range")]
    [InlineData("--until 2029-12-31T00:00:00Z", "has passed")]
    [InlineData("--until tomorrow", "is not a time")]
    public async Task An_end_is_wanted_and_must_make_sense(string end, string problem)
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync(["maintenance", "start", "web1/disk", .. end.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--socket", "/nowhere"]));
        Assert.Contains(problem, console.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_one_machine_without_a_terminal_wants_yes()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("maintenance", "start", "web1", "--for", "1h", "--socket", socket.Path));
        Assert.Contains("3 machines on 1 node match and there is no terminal to ask on; nothing was done", console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(socket.Node.Asked, request => request.Args is MaintenanceArgs);
        Assert.Equal(0, await console.RunAsync("maintenance", "start", "web1", "--for", "1h", "--yes", "--socket", socket.Path));
        Assert.Contains(socket.Node.Asked, request => request.Args is MaintenanceArgs);
    }

    [Theory]
    [InlineData("y\n", 0)]
    [InlineData("yes\n", 0)]
    [InlineData("\n", 2)]
    [InlineData("n\n", 2)]
    [InlineData("", 2)]
    public async Task On_a_terminal_it_asks(string answer, int exit)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        console.InIsTerminal = console.ErrorIsTerminal = true;
        console.In = new StringReader(answer);
        Assert.Equal(exit, await console.RunAsync("maintenance", "start", "web1", "--for", "1h", "--socket", socket.Path));
        Assert.Contains("put into maintenance 3 machines on 1 node? [y/N] ", console.Errors, StringComparison.Ordinal);
        Assert.Equal(exit == 0, socket.Node.Asked.Any(request => request.Args is MaintenanceArgs));
    }

    [Fact]
    public async Task A_limit_that_is_exceeded_does_nothing_even_with_yes()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("check", "web1", "--limit", "2", "--yes", "--socket", socket.Path));
        Assert.Contains("3 machines match, --limit allows 2; nothing was done", console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(socket.Node.Asked, request => request.Args is CheckArgs);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("resume")]
    [InlineData("ack")]
    [InlineData("maintenance start --for 1h")]
    [InlineData("maintenance stop")]
    public async Task Everything_must_be_asked_for_by_name(string command)
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync([.. command.Split(' '), "--socket", "/nowhere"]));
        Assert.Contains("no target was given", console.Errors, StringComparison.Ordinal);
        Assert.Contains("--all", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_and_a_target_exclude_each_other()
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("check", "web1", "--all", "--socket", "/nowhere"));
        Assert.Contains("exclude each other", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_exit_1_and_says_what_is_allowed()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("resume", "web1/disk", "--socket", socket.Path));
        Assert.Contains("not_allowed", console.Output, StringComparison.Ordinal);
        Assert.Contains("RESUME is not allowed in CRITICAL; allowed: FORCE_CHECK, MAINTENANCE\n", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("maintenance stop web1/pay")]
    [InlineData("resume web1/pay")]
    public async Task Resume_goes_by_two_names(string command)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync([.. command.Split(' '), "--socket", socket.Path]));
        Assert.Contains("MAINTENANCE  UNKNOWN", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resume web1 --yes")]
    [InlineData("resume --all")]
    [InlineData("maintenance stop web1/p*")]
    public async Task What_a_pattern_resumes_is_what_is_in_maintenance(string command)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync([.. command.Split(' '), "-o", "name", "--socket", socket.Path]));
        Assert.Equal("web1/pay\n", console.Output);
    }

    [Fact]
    public async Task Where_nothing_is_in_maintenance_nothing_is_resumed()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(4, await console.RunAsync("resume", "web1/d*", "--socket", socket.Path));
        Assert.Equal("nothing that matches is in maintenance\n", console.Errors);
        Assert.DoesNotContain(socket.Node.Asked, request => request.Args is ResumeArgs);
    }

    [Fact]
    public async Task Ctrl_c_at_the_question_does_nothing_and_leaves_the_line()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        console.InIsTerminal = console.ErrorIsTerminal = true;
        console.In = new InterruptedReader(console);
        Assert.Equal(130, await console.RunAsync("maintenance", "start", "web1", "--for", "1h", "--socket", socket.Path));
        Assert.EndsWith("[y/N] \n", console.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(socket.Node.Asked, request => request.Args is MaintenanceArgs);
        console.Signal = 15;
        Assert.Equal(143, await console.RunAsync("status", "--socket", socket.Path));
    }

    [Fact]
    public async Task That_nothing_matches_is_not_said_of_a_node_that_is_silent()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        var node = new FakeNode("web1") { Mute = true };
        await fleet.ServeAsync(node);
        // Connecting has the same time; at once, for all of it is spent.
        await Task.WhenAll(((string[])["maintenance start web1/disk --for 1h", "check web1/disk", "status web1"]).Select(async command =>
        {
            using var console = new FakeConsole();
            int code = await console.RunAsync([.. command.Split(' '), "--broker", fleet.Url, "--timeout", "3s"]);
            Assert.Equal((command, 5), (command, code));
            Assert.StartsWith("scout: web1: silent", console.Errors, StringComparison.Ordinal);
        }));
    }

    [Fact]
    public async Task An_acknowledgement_takes_a_reason_and_an_end()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("ack", "web1/disk", "--reason", "anna is on it", "--until", "4h", "--socket", socket.Path));
        AcknowledgeArgs args = Assert.IsType<AcknowledgeArgs>(socket.Node.Asked[^1].Args);
        Assert.Equal("anna is on it", args.Reason);
        Assert.Equal(new DateTimeOffset(2030, 1, 1, 4, 0, 0, TimeSpan.Zero), args.Until);
    }

    [Fact]
    public async Task A_reason_has_a_bound()
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("ack", "web1/disk", "--reason", new string('x', 501), "--socket", "/nowhere"));
        Assert.Contains("over 500 characters", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transition_is_fired_or_refused()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("transition", "web1/disk", "repaired", "--socket", socket.Path));
        Assert.Equal(1, await console.RunAsync("transition", "web1/disk", "explode", "--socket", socket.Path));
        Assert.Contains("explode is not allowed in CRITICAL; allowed: repaired", console.Output, StringComparison.Ordinal);
        Assert.Equal("", console.Errors);
        Assert.Equal(1, await console.RunAsync("transition", "web1/disk", "Repairde", "--socket", socket.Path));
        Assert.Equal("hint: did you mean 'repaired'?\n", console.Errors);
    }

    [Theory]
    [InlineData("transition web1/disk", "wants NAME")]
    [InlineData("transition web1/disk b@d", "is not the name of a transition")]
    public async Task A_transition_wants_a_name(string command, string problem)
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync([.. command.Split(' '), "--socket", "/nowhere"]));
        Assert.Contains(problem, console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_shows_old_and_new_state_and_a_critical_result_is_no_failure()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("check", "web1/disk", "--socket", socket.Path));
        Assert.Equal(
            """
            NODE  MACHINE  FROM  TO        STATUS    TOOK  OUTPUT
            web1  disk     OK    CRITICAL  CRITICAL  12ms  DISK CRITICAL - 4% free

            """, console.Output);
        Assert.Equal(100_000, Assert.IsType<CheckArgs>(socket.Node.Asked[^1].Args).WaitMs);
    }

    [Fact]
    public async Task Check_in_json_has_the_whole_result()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("check", "web1/disk", "--wait", "3s", "-o", "json", "--socket", socket.Path));
        JsonElement row = JsonDocument.Parse(console.Output).RootElement[0];
        string[] keys = ["node", "machine", "code", "message", "from", "to", "status", "reason", "output", "long_output", "perfdata", "duration_ms", "hard", "attempt"];
        Assert.All(keys, key => Assert.True(row.TryGetProperty(key, out _), key));
        Assert.Equal("97%;80;90", row.GetProperty("perfdata")[0].GetProperty("raw").GetString());
        Assert.Equal(3000, Assert.IsType<CheckArgs>(socket.Node.Asked[^1].Args).WaitMs);
    }

    [Fact]
    public async Task Check_in_maintenance_is_refused()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("check", "web1/pay", "--socket", socket.Path));
        Assert.Contains("in maintenance: kernel", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pending_check_is_exit_1()
    {
        await using FakeSocket socket = Node();
        socket.Node.Instead = request => request.Args is CheckArgs ? socket.Node.Reply(request, new CheckResult { Machine = "disk", Code = RpcCode.Pending, Message = "not finished" }) : null;
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("check", "web1/disk", "--wait", "0", "--socket", socket.Path));
        Assert.Contains("pending", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_name_beside_a_right_one_is_a_target_that_failed()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("check", "web1/disk", "web1/nothing", "--yes", "--socket", socket.Path));
        Assert.Contains("web1/nothing: there is no such machine", console.Errors, StringComparison.Ordinal);
        Assert.Equal(4, await console.RunAsync("check", "web1/nothing", "--socket", socket.Path));
    }

    [Fact]
    public async Task Maintenance_ls_shows_why_until_when_and_by_whom()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("maintenance", "ls", "--socket", socket.Path));
        Assert.Equal(
            """
            NODE  MACHINE  SINCE  UNTIL                CALLER  REASON
            web1  pay      0s     2030-01-01 04:00:00  anna    kernel

            """, console.Output);
    }

    /// <summary>A terminal on which somebody types Ctrl-C.</summary>
    private sealed class InterruptedReader(FakeConsole console) : TextReader
    {
        public override string? ReadLine()
        {
            console.Interrupt();
            throw new OperationCanceledException();
        }
    }

    private static FakeConsole Console() => new() { Time = new ManualTime(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)) };

    private static FakeSocket Node()
    {
        DateTimeOffset since = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new FakeSocket(new FakeNode("web1")
            .With("disk", "CRITICAL", "DISK CRITICAL - 4% free")
            .With("load", "OK", "LOAD OK")
            .With("pay", "MAINTENANCE", null, machine => machine with { Maintenance = new MaintenanceData("kernel", since.AddHours(4), "anna", since) }));
    }
}
