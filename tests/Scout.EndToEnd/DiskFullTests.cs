using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>A real server on a real file system that is full (reliability.md R9): a small tmpfs in a mount namespace of its own.</summary>
[Trait("fault", "R9")]
public sealed class DiskFullTests
{
    [Fact]
    public async Task Commands_say_that_the_disk_is_full_machines_go_on_and_what_was_acknowledged_is_there_afterwards()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        await using ChildProcess space = await SpaceAsync(node.Data);
        string inside = $"/proc/{space.Id}/root{node.Data}";
        node.Within = space.Id;
        string state = folder.Write("state", "0");
        node.Define("m.yaml", $"checks:\n  - {{ name: it, plugin: [/bin/sh, -c, 'exit $(cat {state})'], interval: 1s, splay: 0 }}\n  - {{ name: kept, builtin: heartbeat, interval: 1h }}\n  - {{ name: later, builtin: heartbeat, interval: 1h }}\n");
        await node.StartAsync();
        node.SocketOverride = Path.Combine(inside, "server.sock");
        await node.ReachesAsync("it", "OK");
        Assert.Equal(0, (await node.ScoutAsync("maintenance", "start", "web1/kept", "--for", "1h")).ExitCode);

        Fill(inside);
        CommandResult? refused = null;
        await Until.TrueAsync(
            "a refusal", async () => (refused = await node.ScoutAsync("maintenance", "start", "web1/later", "--for", "1h")).Stdout.Contains("so nothing was changed", StringComparison.Ordinal), null, () => $"{refused}");
        Assert.Equal(1, refused!.ExitCode);
        Assert.Contains("the node store cannot write, so nothing was changed", refused.Stdout, StringComparison.Ordinal);
        Assert.Contains("No space left on device", refused.Stdout, StringComparison.Ordinal);
        folder.Write("state", "2");
        await node.ReachesAsync("it", "CRITICAL");

        File.Delete(Path.Combine(inside, "filler"));
        await Until.TrueAsync("the disk is taken up again", async () => (await node.ScoutAsync("maintenance", "start", "web1/it", "--for", "1h")).ExitCode == 0, null, () => node.Process.Output);
        await node.KillAsync();
        await node.StartAsync();
        await node.ReachesAsync("kept", "MAINTENANCE");
        await node.ReachesAsync("it", "MAINTENANCE");
        CommandResult history = await node.ScoutAsync("history", "web1/it", "-o", "jsonl");
        Assert.Contains(history.JsonLines(), one => one.GetProperty("data").TryGetProperty("to", out var to) && to.GetString() == "CRITICAL");
    }

    private static void Fill(string inside)
    {
        using var filler = new FileStream(Path.Combine(inside, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] block = new byte[4096];
        try
        {
            while (true) filler.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static async Task<ChildProcess> SpaceAsync(string data)
    {
        Directory.CreateDirectory(data);
        if (Environment.UserName != "root") throw SkipTestException.Because("a file system of its own needs root", "SCOUT_REQUIRE_ROOT");
        ChildProcess space = ChildProcess.Start("/usr/bin/unshare", ["-m", "/bin/sh", "-c", $"mount -t tmpfs -o size=512k,mode=0700 none '{data}' && echo mounted && exec sleep 300"]);
        try
        {
            await space.PrintedAsync("mounted", TimeSpan.FromSeconds(10));
            return space;
        }
        catch (InvalidOperationException refused)
        {
            await space.DisposeAsync();
            throw SkipTestException.Because("no tmpfs can be mounted here: " + refused.Message, "SCOUT_REQUIRE_ROOT");
        }
    }
}
