using System.Text.Json;
using Scout.MeshLab.Networks;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.MeshLab.Fleet;

/// <summary>Twelve servers in three zones, a broker, and a pair apart whose line loses 10 % from the start. Started once, for all tests.</summary>
public sealed class MeshLabFixture : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly List<LabNode> nodes = [];
    private string? missing;
    private LabNetwork? network;
    private ChildProcess? broker;
    private FaultLog? faults;

    internal LabNetwork Network => network ?? throw SkipTestException.Because(missing ?? "the lab did not start", "SCOUT_REQUIRE_NETNS");

    internal FaultLog Faults => faults!;

    /// <summary>The fleet: n1 to n4 in zone a, n5 to n8 in b, n9 to n12 in c.</summary>
    internal IReadOnlyList<LabNode> Nodes => nodes;

    internal LabNode Left { get; private set; } = null!;

    internal LabNode Right { get; private set; } = null!;

    internal LabNode this[string name] => nodes.First(node => node.Name == name);

    public async ValueTask InitializeAsync()
    {
        missing = LabNetwork.Missing() ?? NatsServerProcessMissing();
        if (missing is not null) return;
        LabHost[] hosts = [.. Enumerable.Range(1, 12).Select(i => new LabHost($"n{i}", $"10.77.{1 + ((i - 1) / 4)}.{i}")), new LabHost("left", "10.77.9.1"), new LabHost("right", "10.77.9.2")];
        network = LabNetwork.Create(hosts);
        network.Always(
            $"ip saddr {network.AddressOf("left")} ip daddr {network.AddressOf("right")} numgen random mod 100 < 10 drop",
            $"ip saddr {network.AddressOf("right")} ip daddr {network.AddressOf("left")} numgen random mod 100 < 10 drop");
        StartPair();
        await StartBrokerAsync();
        foreach (LabHost host in hosts[..12])
        {
            nodes.Add(Make(host.Name, host.Name));
        }

        foreach (LabNode node in nodes) node.Launch();
        foreach (LabNode node in nodes) await node.ReadyAsync();
        await Task.WhenAll(Left.ReadyAsync(), Right.ReadyAsync());
        faults = new FaultLog(network);
        await QuietAsync("the whole fleet at rest", TimeSpan.FromSeconds(60));
    }

    /// <summary>A node of that name, not started, on a host of the fleet.</summary>
    internal LabNode Make(string name, string host)
    {
        string address = Network.AddressOf(host);
        return new LabNode(Network, folder, name, $"zone: {"abc"[address.Split('.')[2][0] - '1']}\nmesh: {{ enabled: true, listen: {{ address: {address} }}, mtu: {{ interval: 10s }} }}\n", host: host);
    }

    /// <summary>The broker again, on its old store.</summary>
    internal async Task StartBrokerAsync()
    {
        broker = ChildProcess.Start("ip", ["netns", "exec", Network.Namespace("broker"), ScoutExecutable.Path, "broker", "run", "--dev", "--data", folder.File("broker"), "--listen", "127.0.0.1:4222"]);
        await broker.PrintedAsync("ready", TimeSpan.FromSeconds(60));
    }

    internal async Task StopBrokerAsync()
    {
        if (broker is null) return;
        await broker.StopAsync();
        await broker.DisposeAsync();
        broker = null;
        faults?.Dispose();
    }

    internal void ListenAgain() => faults = new FaultLog(Network);

    /// <summary>A command of a user at the broker's host.</summary>
    internal async Task<CommandResult> ScoutAsync(params string[] arguments)
    {
        (int code, string output) = await Task.Run(() => Tool.Try("", "ip", ["netns", "exec", Network.Namespace("broker"), ScoutExecutable.Path, .. arguments, "--broker", "nats://127.0.0.1:4222"]));
        return new CommandResult(code, output, output);
    }

    /// <summary>Waits until all nodes report, everybody answers, and no fault is open.</summary>
    internal Task QuietAsync(string what, TimeSpan? within = null)
    {
        CommandResult? last = null;
        return Until.TrueAsync(
            what,
            async () =>
            {
                if (Faults.Open().Count > 0) return false;
                last = await ScoutAsync("mesh", "-o", "json");
                if (last.ExitCode != 0) return false;
                JsonElement mesh = last.Json();
                return mesh.GetProperty("reporting").GetInt32() == 12 && mesh.GetProperty("faults").GetArrayLength() == 0;
            },
            within ?? TimeSpan.FromSeconds(60),
            () => $"open: {string.Join("; ", Faults.Open())}\n{last}\n{broker?.Output}\n{nodes[0].Process.Output}");
    }

    public async ValueTask DisposeAsync()
    {
        faults?.Dispose();
        // One signal to all, then the waiting: a clean stop holds a grace of its own.
        foreach (LabNode node in (LabNode[])[.. nodes, Left, Right])
        {
            if (node is not null) await node.DisposeAsync();
        }

        if (broker is not null) await broker.DisposeAsync();
        network?.Dispose();
        folder.Dispose();
    }

    private static string? NatsServerProcessMissing() => NatsServerProcess.Missing;

    private void StartPair()
    {
        LabNode Make(string name, string other) => new(
            Network, folder, name,
            $$"""
            mesh:
              enabled: true
              listen: { address: {{Network.AddressOf(name)}} }
              udp: { interval: 100ms }
              tcp: { interval: 1s }
              mtu: { interval: 0 }
              peers: { sources: [{ static: [{ name: {{other}}, address: {{Network.AddressOf(other)}}, zone: x }] }] }

            """,
            withBroker: false);
        Left = Make("left", "right");
        Right = Make("right", "left");
        Left.Launch();
        Right.Launch();
    }
}
