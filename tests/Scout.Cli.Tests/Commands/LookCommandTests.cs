using System.Text.Json;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands;

public sealed class LookCommandTests
{
    [Fact]
    public async Task Nodes_shows_the_one_behind_the_socket()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("nodes", "--socket", socket.Path));
        Assert.Equal(
            """
            NODE  ANSWER    VERSION  UP     MACHINES  PROBLEMS  OUTBOX
            web1  answered  0.1.0    1h00m         1         1  0

            """, console.Output);
    }

    [Fact]
    public async Task Ping_json_has_its_fields()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = new();
        Assert.Equal(0, await console.RunAsync("ping", "-o", "json", "--socket", socket.Path));
        JsonElement row = JsonDocument.Parse(console.Output).RootElement[0];
        Assert.All(["node", "answer", "rtt_ms", "version", "started", "machines", "sequence"], key => Assert.True(row.TryGetProperty(key, out _), key));
        Assert.True(row.GetProperty("rtt_ms").GetDouble() > 0);
    }

    [Fact]
    public async Task Nodes_json_has_its_fields()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("nodes", "-o", "json", "--socket", socket.Path));
        JsonElement row = JsonDocument.Parse(console.Output).RootElement[0];
        Assert.All(
            ["node", "answer", "version", "started", "seen", "machines", "problems", "outbox", "zone", "region", "labels", "mode"], key => Assert.True(row.TryGetProperty(key, out _), key));
    }

    [Fact]
    public async Task Nodes_are_no_machines()
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("nodes", "web1/disk", "--socket", "/nowhere"));
        Assert.Contains("this command is about nodes", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_is_a_page_in_blocks()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("inspect", "web1/disk", "--socket", socket.Path));
        Assert.Equal(
            """
            web1/disk  CRITICAL
              since         2030-01-01 00:00:00 (1h00m)
              file          /etc/scout/machines/disk.yaml
              version       1.0.0 (0123456789ab)

            Last result  CRITICAL
              output        4% free
                            line two
                            \e[31mred
              exit code     0
              ended         2030-01-01 00:00:00 (1h00m), took 12ms
              numbers       / = 97%

            Transitions allowed now
              FORCE_CHECK   -> FORCE_CHECK  look at once
              MAINTENANCE   -> MAINTENANCE

            Watchers
              check         nagios, every 1m00s, active, next in 0s
                            check_disk -w 20% -c 10% -p /
              remediate     exec, inactive in state OK

            """, console.Output);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("jsonl")]
    public async Task Inspect_in_json_is_the_result_as_the_node_sent_it(string mode)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("inspect", "web1/disk", "-o", mode, "--socket", socket.Path));
        Assert.Equal("check_disk -w 20% -c 10% -p /", JsonDocument.Parse(console.Output).RootElement.GetProperty("watchers")[0].GetProperty("what").GetString());
    }

    [Fact]
    public async Task Inspect_of_a_node_shows_its_facts()
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(0, await console.RunAsync("inspect", "web1", "--socket", socket.Path));
        Assert.Contains("web1  1 problem\n", console.Output, StringComparison.Ordinal);
        Assert.Contains("  cpus          2\n", console.Output, StringComparison.Ordinal);
        using FakeConsole yaml = Console();
        Assert.Equal(0, await yaml.RunAsync("inspect", "web1", "-o", "yaml", "--socket", socket.Path));
        Assert.Contains("facts:\n  os: linux\n  cpus: 2\n", yaml.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web1/nothing", 4, "web1/nothing: there is no such machine")]
    [InlineData("web2", 4, "web2: there is no such node")]
    [InlineData("web*", 2, "inspect shows one, by name")]
    public async Task Inspect_of_nothing_says_so(string target, int exit, string problem)
    {
        await using FakeSocket socket = Node();
        using FakeConsole console = Console();
        Assert.Equal(exit, await console.RunAsync("inspect", target, "--socket", socket.Path));
        Assert.Contains(problem, console.Errors, StringComparison.Ordinal);
    }

    private static FakeConsole Console() => new() { Time = new ManualTime(new DateTimeOffset(2030, 1, 1, 1, 0, 0, TimeSpan.Zero)) };

    private static FakeSocket Node() => new(new FakeNode("web1").With("disk", "CRITICAL", "4% free"));
}
