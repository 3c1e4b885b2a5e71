using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>The definitions in <c>machines/</c>: clean, with passing scenarios, and running on this machine.</summary>
public sealed class ReadyDefinitionsTests
{
    [Fact]
    public async Task All_of_them_pass_lint()
    {
        CommandResult lint = await ScoutExecutable.RunAsync(["machine", "lint", "machines"]);
        Assert.True(lint.ExitCode == 0, lint.ToString());
    }

    [Fact]
    public async Task Their_scenarios_pass()
    {
        CommandResult test = await ScoutExecutable.RunAsync(["machine", "test", "machines"]);
        Assert.True(test.ExitCode == 0, test.ToString());
    }

    [Fact]
    public async Task Each_check_gives_a_result_of_its_own_on_this_machine()
    {
        if (!File.Exists("/usr/lib/nagios/plugins/check_disk")) throw SkipTestException.Because("monitoring-plugins are missing", "SCOUT_REQUIRE_PLUGINS");
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        string[] files = Directory.GetFiles(Path.Combine(Repository.Root, "machines"), "*.yaml");
        foreach (string file in files.Where(file => !file.EndsWith(".test.yaml", StringComparison.Ordinal)))
        {
            node.Define(Path.GetFileName(file), await File.ReadAllTextAsync(file));
        }

        await node.StartAsync();
        CommandResult check = await node.ScoutAsync("check", "--all", "--yes", "-o", "json");
        Assert.True(check.ExitCode == 0, check.ToString());
        Assert.True(check.Json().GetArrayLength() >= 19);
        Assert.All(check.Json().EnumerateArray(), row =>
        {
            // A probe of a service that is not here has found that out; what it may not be is a probe that could not be made.
            Assert.DoesNotContain(row.GetProperty("reason").GetString(), (string[])["spawn", "bad_command", "bad_exit", "signal", "stuck", "local", "stalled"]);
            Assert.NotEqual("(no output)", row.GetProperty("output").GetString());
        });
    }
}
