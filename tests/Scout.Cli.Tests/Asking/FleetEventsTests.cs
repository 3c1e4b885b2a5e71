using System.Text.Json;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Nats;
using Scout.Protocol.CloudEvents;

namespace Scout.Cli.Tests.Asking;

public sealed class FleetEventsTests
{
    [Fact]
    public async Task Jsonl_is_each_cloudevent_as_it_is_stored()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.TransitAsync("web1", "disk", "OK", "CRITICAL");
        await fleet.TransitAsync("web1", "disk", "CRITICAL", "OK");
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("events", "-o", "jsonl", "--broker", fleet.Url));
        string[] lines = console.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(["CRITICAL", "OK"], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("data").GetProperty("to").GetString()));
    }

    [Theory]
    [InlineData("web1", 2)]
    [InlineData("web1/disk", 1)]
    [InlineData("web*/disk", 2)]
    [InlineData("web1 web2", 3)]
    [InlineData("--kind state", 0)]
    public async Task Targets_and_kinds_narrow_it_down(string filter, int count)
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.TransitAsync("web1", "disk", "OK", "CRITICAL");
        await fleet.TransitAsync("web1", "load", "OK", "CRITICAL");
        await fleet.TransitAsync("web2", "disk", "OK", "CRITICAL");
        using var console = new FakeConsole();
        Assert.Equal(count == 0 ? 4 : 0, await console.RunAsync(["events", .. filter.Split(' '), "-o", "name", "--broker", fleet.Url]));
        Assert.Equal(count, console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("web1/disk", 2)]
    [InlineData("web1/load", 1)]
    [InlineData("web1", 3)]
    [InlineData("web2/disk", 0)]
    public async Task History_of_a_machine_has_the_audit_about_it(string target, int count)
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web2");
        await fleet.TransitAsync("web1", "disk", "OK", "CRITICAL");
        await fleet.AuditAsync("web1", "disk");
        await fleet.AuditAsync("web1", "load");
        using var console = new FakeConsole();
        Assert.Equal(count == 0 ? 4 : 0, await console.RunAsync("history", target, "-o", "name", "--broker", fleet.Url));
        Assert.Equal(count, console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("web1")]
    public async Task Last_looks_back_as_far_as_it_must(string target)
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        string first = await fleet.TransitAsync("web1", "disk", "OK", "CRITICAL");
        for (int i = 0; i < 600; i++) await fleet.TransitAsync("web2", "noise", "OK", "CRITICAL");
        string second = await fleet.TransitAsync("web1", "disk", "CRITICAL", "OK");
        using var console = new FakeConsole();
        string[] targets = target.Length == 0 ? ["web1/*", "web1/disk"] : [target];
        Assert.Equal(0, await console.RunAsync(["events", .. targets, "--last", "2", "-o", "name", "--broker", fleet.Url]));
        Assert.Equal($"{first}\n{second}\n", console.Output);
    }

    [Fact]
    public async Task What_readers_must_not_trust_is_ignored_and_counted()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.TransitAsync("web1", "disk", "OK", "CRITICAL");
        await fleet.PutAsync("scout.event.web1.disk.transition", "garbage");
        await fleet.PutAsync("scout.event.db1.disk.state", "{}", new NatsHeaders { ["Content-Type"] = CloudEventJson.MediaType, ["Nats-Stream"] = "SCOUT_EVENTS" });
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("events", "-o", "name", "--broker", fleet.Url));
        Assert.Single(console.Output.TrimEnd('\n').Split('\n'));
        Assert.Contains("scout: 2 stored messages were ignored: 1 Unreadable, 1 Steered", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follow_shows_what_comes_and_ends_with_ctrl_c()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.TransitAsync("web1", "disk", "OK", "CRITICAL");
        using var console = new FakeConsole();
        Task<int> running = console.RunAsync("events", "--follow", "--last", "1", "-o", "name", "--broker", fleet.Url);
        await WaitAsync(() => console.Output.Length > 0, running);
        string next = await fleet.TransitAsync("web1", "disk", "CRITICAL", "OK");
        await WaitAsync(() => console.Output.Contains(next, StringComparison.Ordinal), running);
        console.Interrupt();
        Assert.Equal(130, await running);
    }

    [Fact]
    public async Task An_unknown_name_is_told_when_nothing_was_found()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        using var console = new FakeConsole();
        Assert.Equal(4, await console.RunAsync("history", "web2/disk", "--broker", fleet.Url));
        Assert.Contains("web2: there is no such node", console.Errors, StringComparison.Ordinal);
    }

    private static async Task WaitAsync(Func<bool> condition, Task<int> running)
    {
        for (int i = 0; i < 400 && !condition(); i++)
        {
            Assert.False(running.IsCompleted, "it ended early");
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System);
        }

        Assert.True(condition(), "not within 10 s");
    }
}
