using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;

namespace Scout.Cli.Tests.Commands;

public sealed class ForgetCommandTests
{
    [Fact]
    public async Task A_node_that_is_gone_is_taken_off_the_roster_and_one_that_answers_stays()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.EnrolAsync("gone");
        await fleet.ServeAsync(new FakeNode("web1").With("disk", "OK"));

        using var forget = new FakeConsole();
        Assert.Equal(0, await forget.RunAsync("node", "forget", "gone", "--broker", fleet.Url));
        Assert.Equal(("forgotten: gone\n", ""), (forget.Output, forget.Errors));

        using var stays = new FakeConsole();
        Assert.Equal(1, await stays.RunAsync("node", "forget", "web1", "--broker", fleet.Url));
        Assert.Equal("", stays.Output);
        Assert.Contains("scout: web1: is connected to the broker, and was not forgotten\nhint: stop its server first", stays.Errors, StringComparison.Ordinal);

        using var nodes = new FakeConsole();
        Assert.Equal(0, await nodes.RunAsync("nodes", "-o", "name", "--broker", fleet.Url));
        Assert.Equal("web1\n", nodes.Output);
    }

    [Fact]
    public async Task A_wrong_name_is_told_and_several_want_yes()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("db1");
        await fleet.EnrolAsync("db2");
        using var wrong = new FakeConsole();
        Assert.Equal(4, await wrong.RunAsync("node", "forget", "db3", "--broker", fleet.Url));
        Assert.Contains("scout: db3: there is no such node\nhint: did you mean 'db1'?", wrong.Errors, StringComparison.Ordinal);
        using var several = new FakeConsole();
        Assert.Equal(2, await several.RunAsync("node", "forget", "db1", "db2", "--broker", fleet.Url));
        Assert.Contains("--yes", several.Errors, StringComparison.Ordinal);
        using var both = new FakeConsole();
        Assert.Equal(0, await both.RunAsync("node", "forget", "db1", "db2", "--yes", "--broker", fleet.Url));
        using var empty = new FakeConsole();
        Assert.Equal(4, await empty.RunAsync("nodes", "--broker", fleet.Url));
        Assert.Contains("scout: the roster is empty: no node has come into this fleet yet\nhint: start one: scout server run", empty.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no.name", "is not the name of a node")]
    [InlineData("web*", "is not the name of a node")]
    public async Task Patterns_are_not_taken(string name, string why)
    {
        using var console = new FakeConsole();
        Assert.Equal(2, await console.RunAsync("node", "forget", name, "--broker", "nats://127.0.0.1:1"));
        Assert.Contains(why, console.Errors, StringComparison.Ordinal);
    }
}
