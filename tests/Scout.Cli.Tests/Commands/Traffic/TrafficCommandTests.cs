using System.Text.Json;
using Scout.Cli.Tests.Terminal;

namespace Scout.Cli.Tests.Commands.Traffic;

public sealed class TrafficCommandTests
{
    [Fact]
    public async Task A_probe_of_a_root_that_is_not_there_says_so_and_what_to_do()
    {
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("traffic", "probe", "--cgroup-root", "/nowhere"));
        Assert.Contains("failed", console.Output, StringComparison.Ordinal);
        Assert.Contains("set traffic.cgroup_root", console.Output, StringComparison.Ordinal);
        Assert.EndsWith("traffic cannot be counted here\n", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_as_JSON()
    {
        using FakeConsole console = Console();
        Assert.Equal(1, await console.RunAsync("traffic", "probe", "--cgroup-root", "/nowhere", "--json"));
        JsonElement report = JsonDocument.Parse(console.Output).RootElement;
        Assert.False(report.GetProperty("ok").GetBoolean());
        Assert.Contains("/nowhere", report.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(7, report.GetProperty("steps").GetArrayLength());
    }

    [Fact]
    public async Task Top_needs_a_root_that_is_there()
    {
        using FakeConsole console = Console();
        Assert.Equal(2, await console.RunAsync("traffic", "top"));
        using FakeConsole other = Console();
        Assert.Equal(1, await other.RunAsync("traffic", "top", "--root", "/nowhere"));
        Assert.Contains("scout traffic probe", other.Errors, StringComparison.Ordinal);
    }

    private static FakeConsole Console() => new();
}
