using System.Text.Json;

namespace Scout.Server.Tests.Life;

[Collection("node")]
public sealed class NodeServerTests
{
    [Fact]
    public async Task A_node_runs_its_checks_and_tells_about_them_on_its_socket()
    {
        await using TestNode node = await NodeWithDiskAsync();
        await Wait.UntilAsync(async () => await node.StateAsync("disk") == "OK", () => node.Log);
        JsonElement reply = await node.AskAsync("machines");
        Assert.Equal("ok", reply.GetProperty("code").GetString());
        Assert.Equal("disk", reply.GetProperty("results")[0].GetProperty("machine").GetString());
        Assert.Equal(0, await node.StopAsync());
        Assert.Contains("ready: 1 machines, 0 files refused, http 127.0.0.1:", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forced_check_answers_with_the_result_itself()
    {
        await using TestNode node = await NodeWithDiskAsync();
        await Wait.UntilAsync(async () => await node.StateAsync("disk") == "OK", () => node.Log);
        node.Folder.Write("exit", "2");
        JsonElement reply = await node.AskAsync("check", """{"machines":["disk"],"wait_ms":5000}""");
        JsonElement result = reply.GetProperty("results")[0];
        Assert.Equal("ok", result.GetProperty("code").GetString());
        Assert.Equal(("OK", "CRITICAL", "DISK 2"), (result.GetProperty("from").GetString(), result.GetProperty("to").GetString(), result.GetProperty("output").GetString()));
    }

    private static async Task<TestNode> NodeWithDiskAsync()
    {
        var node = new TestNode();
        node.Plugin("check_disk", $"code=$(cat {node.Folder.Path}/exit 2>/dev/null || echo 0); echo \"DISK $code|used=5%;10;20\"; exit $code");
        node.Machines("disk.yaml", $"checks:\n  - name: disk\n    plugin: {node.Folder.File("plugins/check_disk")}\n    interval: 1h\n    splay: 0\n");
        Directory.CreateDirectory(node.TextfileFolder);
        return await node.StartAsync();
    }
}
