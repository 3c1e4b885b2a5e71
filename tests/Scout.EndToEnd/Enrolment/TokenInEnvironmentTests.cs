using System.Text;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd.Enrolment;

/// <summary>A token given as <c>SCOUT_ENROLL_TOKEN</c>, and what a node says that is not enrolled (security.md 10).</summary>
[Trait("attack", "36")]
public sealed class TokenInEnvironmentTests
{
    [Fact]
    public async Task It_is_gone_from_the_environment_of_the_process_and_of_its_plugins_and_the_node_says_what_became_of_it()
    {
        const string marker = "planted-token-4713";
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("machines"));
        folder.Write("machines/it.yaml", $"checks:\n  - {{ name: it, plugin: [/bin/sh, -c, 'cat /proc/self/environ >{folder.File("plugin.environ")}; echo fine'], interval: 1h, splay: 0 }}\n");
        string[] run = ["server", "run", "--node", "web1", "--machines", folder.File("machines"), "--data", folder.File("data"), "--http", "off", "--broker", "tls://127.0.0.1:1"];
        await using ChildProcess node = ChildProcess.Start(ScoutExecutable.Path, run, new Dictionary<string, string> { ["SCOUT_ENROLL_TOKEN"] = "scout-enroll-1." + marker });
        await node.PrintedAsync("ready: ", TimeSpan.FromSeconds(30));

        string environment = Encoding.UTF8.GetString(await File.ReadAllBytesAsync($"/proc/{node.Id}/environ"));
        Assert.DoesNotContain(marker, environment, StringComparison.Ordinal);
        // It was there: its place is overwritten.
        Assert.Contains("SCOUT_ENROLL_TOKEN=" + new string('x', "scout-enroll-1.".Length + marker.Length), environment, StringComparison.Ordinal);

        string socket = Path.Combine(folder.File("data"), "server.sock");
        CommandResult? status = null;
        await Until.TrueAsync("the check has run", async () =>
        {
            status = await ScoutExecutable.RunAsync(["status", "web1/it", "-o", "json", "--socket", socket]);
            return status.ExitCode == 0 && status.Json().EnumerateArray().Any(row => row.GetProperty("state").GetString() == "OK") && status.Stderr.Contains("refused", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(30), () => $"{status}\n{node.Output}");
        Assert.StartsWith("scout: web1 is not seen by its fleet (refused): not enrolled: SCOUT_ENROLL_TOKEN holds no token: ", status!.Stderr, StringComparison.Ordinal);
        CommandResult inspect = await ScoutExecutable.RunAsync(["inspect", "web1", "--socket", socket]);
        Assert.Contains("not enrolled", inspect.Stdout, StringComparison.Ordinal);
        Assert.Matches("enrolment +refused", inspect.Stdout);

        string plugin = await File.ReadAllTextAsync(folder.File("plugin.environ"));
        Assert.DoesNotContain("SCOUT_ENROLL_TOKEN", plugin, StringComparison.Ordinal);
        Assert.Equal(0, await node.StopAsync());
        var seen = new StringBuilder(node.Output).Append(plugin).Append(status).Append(inspect);
        foreach (string file in Directory.EnumerateFiles(folder.File("data"), "*", SearchOption.AllDirectories)) seen.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        Assert.DoesNotContain(marker, seen.ToString(), StringComparison.Ordinal);
    }
}
