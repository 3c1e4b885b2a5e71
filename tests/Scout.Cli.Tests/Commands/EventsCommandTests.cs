using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Protocol;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Tests.Commands;

public sealed class EventsCommandTests
{
    [Fact]
    public async Task Jsonl_is_what_is_stored()
    {
        await using FakeSocket socket = Node(3);
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("events", "-o", "jsonl", "--since", "1d", "--socket", socket.Path));
        Assert.Equal(string.Concat(socket.Node.History.Select(line => line + "\n")), console.Output);
    }

    [Fact]
    public async Task A_table_tells_what_happened()
    {
        await using FakeSocket socket = Node(1);
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("events", "--socket", socket.Path));
        Assert.Equal(
            """
            TIME                 NODE  MACHINE  KIND        WHAT
            2026-11-21 00:42:51  web1  disk     transition  WARNING -> CRITICAL: 4% free

            """, console.Output);
    }

    [Fact]
    public async Task Last_takes_the_newest()
    {
        await using FakeSocket socket = Node(500);
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("events", "--last", "2", "-o", "name", "--socket", socket.Path));
        Assert.Equal("id-499\nid-500\n", console.Output);
    }

    [Fact]
    public async Task More_than_one_page_of_last_ones_are_all_there()
    {
        await using FakeSocket socket = Node(500);
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("events", "--last", "450", "-o", "name", "--socket", socket.Path));
        Assert.Equal(Enumerable.Range(51, 450).Select(i => $"id-{i}"), console.Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task History_goes_back_to_the_first_event_that_is_kept()
    {
        await using FakeSocket socket = Node(500);
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("history", "web1", "-o", "name", "--socket", socket.Path));
        Assert.Equal(Enumerable.Range(1, 500).Select(i => $"id-{i}"), console.Output.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("history web1/disk", 2)]
    [InlineData("history web1/pay", 1)]
    [InlineData("history web1/other", 0)]
    [InlineData("events web1 --kind audit --since 10y", 1)]
    [InlineData("events web1 --kind transition --since 10y", 1)]
    public async Task Who_asked_for_what_stands_in_the_history_of_the_machines_it_was_about(string command, int rows)
    {
        await using FakeSocket socket = Node(1);
        socket.Node.History.Add(Audit(2));
        using var console = new FakeConsole();
        Assert.Equal(rows == 0 ? 4 : 0, await console.RunAsync([.. command.Split(' '), "--socket", socket.Path]));
        Assert.Equal(rows, Math.Max(0, console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length - 1));
        if (!command.Contains("transition", StringComparison.Ordinal) && rows > 0)
        {
            Assert.Contains("_node    audit", console.Output, StringComparison.Ordinal);
            Assert.Contains("local:anna maintenance disk pay: partial, denied for pay (reason: swap disks)", console.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Kinds_go_to_the_node()
    {
        await using FakeSocket socket = Node(1);
        using var console = new FakeConsole();
        Assert.Equal(4, await console.RunAsync("events", "--kind", "check", "--kind", "watcher", "--socket", socket.Path));
        Assert.Equal([EventKind.Check, EventKind.Watcher], Assert.IsType<HistoryArgs>(socket.Node.Asked[^1].Args).Kinds);
    }

    [Fact]
    public async Task Follow_goes_on_until_ctrl_c()
    {
        await using FakeSocket socket = Node(1);
        using var console = new FakeConsole();
        socket.Node.Instead = request =>
        {
            if (request.Args is HistoryArgs { After.Counter: > 0 }) console.Interrupt();
            return null;
        };
        Assert.Equal(130, await console.RunAsync("events", "--follow", "--since", "1d", "-o", "name", "--socket", socket.Path));
        Assert.Equal("id-1\n", console.Output);
        Assert.Equal("", console.Errors);
    }

    [Fact]
    public async Task Watch_is_a_line_a_change_where_there_is_no_terminal()
    {
        await using FakeSocket socket = Node(1);
        using var console = new FakeConsole();
        socket.Node.Instead = request =>
        {
            if (request.Args is HistoryArgs { After.Counter: > 0 }) console.Interrupt();
            return null;
        };
        Assert.Equal(130, await console.RunAsync("watch", "--socket", socket.Path));
        Assert.Contains("WARNING -> CRITICAL: 4% free", console.Output, StringComparison.Ordinal);
        Assert.Equal("", console.Errors);
    }

    [Fact]
    public async Task Watch_draws_a_table_on_a_terminal()
    {
        await using FakeSocket socket = Node(1);
        using var console = new FakeConsole { OutIsTerminal = true, Width = 100, Height = 20 };
        socket.Node.With("evil", "OK", "[red]not markup[/] \x1b[2J");
        int looks = 0;
        socket.Node.Instead = request =>
        {
            if (request.Args is MachinesArgs && Interlocked.Increment(ref looks) == 2) console.Interrupt();
            return null;
        };
        Assert.Equal(130, await console.RunAsync("watch", "--socket", socket.Path));
        Assert.Contains("CRITICAL", console.Output, StringComparison.Ordinal);
        Assert.Contains("[red]not markup[/] \\e[2J", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    public async Task On_a_narrow_terminal_each_machine_keeps_one_line_with_its_state(int width)
    {
        await using FakeSocket socket = Node(1);
        using var console = new FakeConsole { OutIsTerminal = true, Width = width, Height = 20 };
        socket.Node.With("a_check_with_a_rather_long_name_that_goes_on", "WARNING", string.Join(' ', Enumerable.Repeat("output", 40)));
        int looks = 0;
        socket.Node.Instead = request =>
        {
            if (request.Args is MachinesArgs && Interlocked.Increment(ref looks) == 2) console.Interrupt();
            return null;
        };
        Assert.Equal(130, await console.RunAsync("watch", "--socket", socket.Path));
        string[] lines = [.. console.Output.Split('\n', '\r').Select(line => System.Text.RegularExpressions.Regex.Replace(line, "\x1b\\[[0-9;?]*[a-zA-Z]", "").TrimEnd()).Distinct()];
        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Assert.Single(lines, line => line.StartsWith("NODE", StringComparison.Ordinal) && line.Contains("STATE", StringComparison.Ordinal) && line.Contains("SINCE", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("a_check_", StringComparison.Ordinal) && line.Contains("WARNING", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("disk", StringComparison.Ordinal) && line.Contains("CRITICAL", StringComparison.Ordinal) && !line.Contains("last:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stream_that_is_interrupted_before_anything_happened_says_nothing()
    {
        await using FakeSocket socket = Node(0);
        using var console = new FakeConsole();
        socket.Node.Instead = request =>
        {
            if (request.Args is HistoryArgs) console.Interrupt();
            return null;
        };
        Assert.Equal(130, await console.RunAsync("watch", "--socket", socket.Path));
        Assert.Equal(("", ""), (console.Output, console.Errors));
    }

    [Fact]
    public async Task Nothing_found_names_the_machine_that_may_have_been_meant()
    {
        await using FakeSocket socket = Node(0);
        using var console = new FakeConsole();
        Assert.Equal(4, await console.RunAsync("history", "web1/dikc", "--socket", socket.Path));
        Assert.Contains("scout: web1/dikc: there is no such machine\nhint: did you mean 'web1/disk'?\n", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_in_the_last_hour_tells_how_to_look_further()
    {
        await using FakeSocket socket = Node(0);
        using var console = new FakeConsole();
        Assert.Equal(4, await console.RunAsync("events", "web1/disk", "--socket", socket.Path));
        Assert.Contains("hint: this was the last hour; --since 1d looks further back\n", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_is_transitions_and_states()
    {
        await using FakeSocket socket = Node(1);
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("history", "web1/disk", "--socket", socket.Path));
        HistoryArgs args = Assert.IsType<HistoryArgs>(socket.Node.Asked.Last(request => request.Args is HistoryArgs).Args);
        Assert.Equal([EventKind.Transition, EventKind.State], args.Kinds);
        Assert.Equal(["disk"], args.Machines);
        Assert.Null(args.Since);
    }

    [Theory]
    [InlineData("history", "history wants TARGET")]
    [InlineData("events --kind nonsense", "'nonsense' is not one of its values")]
    [InlineData("events --last many", "'many' is not a whole number")]
    [InlineData("events --since yesterday", "is not a time")]
    [InlineData("events a/b/c", "more than one '/'")]
    public async Task What_makes_no_sense_is_usage(string command, string problem)
    {
        using var console = new FakeConsole();
        Assert.Equal(2, await console.RunAsync([.. command.Split(' '), "--socket", "/nowhere"]));
        Assert.Contains(problem, console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_it_quietly()
    {
        await using FakeSocket socket = Node(3);
        using var console = new FakeConsole { OutOverride = new BrokenPipe() };
        Assert.Equal(0, await console.RunAsync("events", "-o", "jsonl", "--follow", "--since", "1d", "--socket", socket.Path));
        Assert.Equal("", console.Errors);
    }

    [Fact]
    public async Task A_disk_that_is_full_under_stdout_is_said_in_words()
    {
        await using FakeSocket socket = Node(3);
        using var console = new FakeConsole { OutOverride = new FullDisk() };
        Assert.Equal(1, await console.RunAsync("status", "--socket", socket.Path));
        Assert.Equal("scout: error: stdout cannot be written: No space left on device\nhint: what was printed is not complete; make room, or print to somewhere else\n", console.Errors);
    }

    private static FakeSocket Node(int events)
    {
        var node = new FakeNode("web1").With("disk", "CRITICAL");
        for (int i = 1; i <= events; i++) node.History.Add(Event(i));
        return new FakeSocket(node);
    }

    private static string Event(int i) =>
        $$$"""{"specversion":"1.0","id":"id-{{{i}}}","source":"/scout/node/web1","type":"io.scout.machine.transition.v1","subject":"disk","time":"2026-11-21T00:42:51.261Z","datacontenttype":"application/json","sequence":"1795221600.{{{i:D12}}}","data":{"transition":"CRITICAL","from":"WARNING","to":"CRITICAL","reason":"check","attempt":3,"output":"4% free"}}""";

    private static string Audit(int i) =>
        $$$"""{"specversion":"1.0","id":"id-{{{i}}}","source":"/scout/node/web1","type":"io.scout.node.audit.v1","subject":"_node","time":"2026-11-21T00:42:51.261Z","datacontenttype":"application/json","sequence":"1795221600.{{{i:D12}}}","data":{"caller":"local:anna","action":"maintenance","request":"r1","scope":"local","decision":"allowed","code":"partial","machines":["disk","pay"],"denied":["pay"],"reason":"swap disks"}}""";

    private sealed class FullDisk : StringWriter
    {
        public override void Flush() => throw new Scout.Cli.Terminal.WriteFailedException("stdout", "No space left on device", 28);

        public override Task FlushAsync() => Task.FromException(new Scout.Cli.Terminal.WriteFailedException("stdout", "No space left on device", 28));
    }

    private sealed class BrokenPipe : StringWriter
    {
        public override void Flush() => throw new IOException("Broken pipe", 32);
    }
}
