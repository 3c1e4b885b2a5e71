using System.Net;
using System.Net.Http;
using System.Text.Json;
using Scout.Server.Traffic;
using Scout.Testing;
using Scout.Traffic.Kernel;

namespace Scout.Server.Tests.Traffic;

/// <summary>A whole node that is to count traffic.</summary>
public sealed class NodeTrafficTests
{
    private const string Check = "checks:\n  - { name: pods, traffic: { pod: \"shop/*\" }, interval: 1h }\n";

    [Fact]
    public async Task Without_the_means_the_node_runs_and_the_check_says_why()
    {
        await using var node = new TestNode();
        node.Machines("a.yaml", Check);
        await StartAsync(node, "traffic: { enabled: true, cgroup_root: /nowhere }");
        await Wait.UntilAsync(async () => (await PageAsync(node)).Contains("scout_traffic_up{node=\"" + node.Name + "\"} 0", StringComparison.Ordinal), () => node.Log);
        await node.ReachesAsync("pods", "UNKNOWN");
        await Wait.UntilAsync(async () => (await TextAsync(node)).Contains("TRAFFIC UNKNOWN - traffic is not counted: the cgroup /nowhere is not there", StringComparison.Ordinal), () => node.Log);
        Assert.Contains("traffic: cannot be counted: root: the cgroup /nowhere is not there", node.Log, StringComparison.Ordinal);
        Assert.Equal(0, await node.StopAsync());
    }

    [Fact]
    public async Task Where_nothing_is_to_be_counted_there_are_no_series_of_it()
    {
        await using var node = new TestNode();
        await StartAsync(node, "traffic: { enabled: false }");
        Assert.DoesNotContain("scout_traffic", await PageAsync(node), StringComparison.Ordinal);
        Assert.Equal(0, await node.StopAsync());
    }

    [Fact]
    public void The_record_of_an_attachment_outlives_the_process()
    {
        using var folder = new TempFolder();
        var file = new AttachFile(folder.File("traffic.attach"));
        Assert.Null(file.Load());
        var record = new AttachRecord("boot", "/sys/fs/cgroup/kubepods", 7, 8);
        file.Save(record);
        Assert.Equal(record, new AttachFile(folder.File("traffic.attach")).Load());
        file.Save(null);
        Assert.Null(file.Load());
        folder.Write("traffic.attach", "boot\n/x\nseven\n8\n");
        Assert.Null(file.Load());
    }

    private static async Task StartAsync(TestNode node, string configuration)
    {
        node.Folder.Write("server.yaml", configuration + "\n");
        node.Arguments = node.Arguments with { Config = node.Folder.File("server.yaml") };
        await node.StartAsync();
    }

    private static async Task<string> TextAsync(TestNode node)
    {
        JsonElement reply = await node.AskAsync("machine", """{"machine":"pods"}""");
        return reply.ToString();
    }

    private static async Task<string> PageAsync(TestNode node)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri($"http://{new IPEndPoint(IPAddress.Loopback, node.Ready!.Http!.Port)}/metrics"));
    }
}
