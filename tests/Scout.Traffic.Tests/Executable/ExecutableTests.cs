using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scout.Kubernetes.Fake;
using Scout.Testing;
using Scout.Testing.Processes;
using Scout.Traffic.Kernel;
using Scout.Traffic.Tests.Lab;

namespace Scout.Traffic.Tests.Executable;

/// <summary>The executable, as a user has it: it counts what a process in a pod's cgroup sends, and leaves nothing behind when it is killed.</summary>
[Collection(KernelCollection.Name)]
public sealed class ExecutableTests : IDisposable
{
    private const int Datagrams = 1000;
    private const int Payload = 500;
    private const int ProgQuery = 16;
    private readonly TestCgroups cgroups;
    private readonly Socket receiver;

    public ExecutableTests()
    {
        KernelLab.Require();
        if (!File.Exists(Environment.GetEnvironmentVariable("SCOUT_EXECUTABLE") ?? Path.Combine(Repository.Root, "out", "scout"))) throw SkipTestException.Because("out/scout is not built", KernelLab.Variable);
        cgroups = new TestCgroups();
        receiver = Udp.Bound("127.0.0.1");
    }

    [Fact]
    public async Task Top_counts_exactly_what_a_child_sends_and_a_killed_one_leaves_nothing()
    {
        using Process top = Top();
        await Until.TrueAsync("two programs on the cgroup", () => Programs() == 2);
        Send(cgroups.Pod(1));
        await top.StandardInput.WriteLineAsync();
        string line = (await top.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!;
        JsonElement row = Assert.Single(JsonDocument.Parse(line).RootElement.GetProperty("rows").EnumerateArray());
        Assert.Equal(TestCgroups.Uid(1), row.GetProperty("pod_uid").GetString());
        Assert.Equal("loopback", row.GetProperty("peer").GetString());
        Assert.Equal(Datagrams, row.GetProperty("transmit_packets").GetInt32());
        Assert.Equal(Datagrams * (Payload + 28), row.GetProperty("transmit_bytes").GetInt32());

        top.Kill();
        await top.WaitForExitAsync();
        await Until.TrueAsync("no program on the cgroup", () => Programs() == 0); // the kernel frees them later
    }

    [Fact]
    public async Task Top_prints_once_more_at_the_end_of_input_and_ends()
    {
        using Process top = Top();
        await Until.TrueAsync("two programs on the cgroup", () => Programs() == 2);
        top.StandardInput.Close();
        Assert.Equal("""{"rows":[],"overflow":{"receive_bytes":0,"receive_packets":0,"transmit_bytes":0,"transmit_packets":0}}""" + "\n", await top.StandardOutput.ReadToEndAsync());
        await top.WaitForExitAsync();
        Assert.Equal(0, top.ExitCode);
    }

    [Fact]
    public async Task A_node_counts_and_shows_it_and_lets_go_when_it_stops()
    {
        using var folder = new TempFolder();
        string pod = cgroups.Pod(1);
        int port = ScoutExecutable.FreePort();
        folder.Write("machines/a.yaml", "checks: []\n");
        folder.Write("server.yaml", $"node: n1\nhttp: 127.0.0.1:{port}\ndata: data\nmachines: machines\ntraffic: {{ enabled: true, interval: 1s }}\n");
        await using ChildProcess node = ChildProcess.Start(
            ScoutExecutable.Path, ["server", "run", "--config", folder.File("server.yaml")], new Dictionary<string, string> { ["CGROUP_ROOT"] = cgroups.Root }, folder.Path);
        await node.PrintedAsync($"traffic: counting below {cgroups.Root}, attached by link");
        Send(pod);
        using var client = new HttpClient();
        string page = "";
        await Until.TrueAsync(
            "all datagrams in the page",
            async () => (page = await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"))).Contains($"scout_traffic_loopback_packets_total{{node=\"n1\",direction=\"transmit\"}} {Datagrams}\n", StringComparison.Ordinal),
            seen: () => page + node.Output);
        Assert.Contains($"scout_traffic_loopback_bytes_total{{node=\"n1\",direction=\"transmit\"}} {Datagrams * (Payload + 28)}\n", page, StringComparison.Ordinal);
        Assert.Contains($"scout_pod_network_transmit_bytes_total{{node=\"n1\",pod_uid=\"{TestCgroups.Uid(1)}\"}} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("scout_traffic_up{node=\"n1\"} 1\n", page, StringComparison.Ordinal);
        node.Signal(15);
        await Until.TrueAsync("the end of the node", () => node.HasExited, seen: () => node.Output);
        await Until.TrueAsync("no program on the cgroup", () => Programs() == 0);
    }

    [Fact]
    public async Task In_a_cluster_series_and_top_carry_the_names_of_pods_and_services()
    {
        using var folder = new TempFolder();
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Cluster.Put(FakeResource.Pods, "shop", "api-0", new JsonObject { ["metadata"] = new JsonObject { ["uid"] = TestCgroups.Uid(1) }, ["spec"] = new JsonObject { ["nodeName"] = "w1" } });
        cluster.Cluster.Put(FakeResource.Services, "shop", "db", new JsonObject { ["spec"] = new JsonObject { ["type"] = "ClusterIP", ["clusterIPs"] = new JsonArray("127.0.0.1") } });
        Dictionary<string, string> variables = cluster.Environment;
        variables["NODE_NAME"] = "w1";
        variables["CGROUP_ROOT"] = cgroups.Root;
        string pod = cgroups.Pod(1);
        int port = ScoutExecutable.FreePort();
        int compatible = ScoutExecutable.FreePort();
        folder.Write("machines/a.yaml", "checks:\n  - { name: shop, traffic: { pod: \"shop/api-*\", service: shop/db, direction: transmit, unit: packets, window: 2s, critical: \"1:\" }, interval: 1s, splay: 0 }\n");
        folder.Write("server.yaml", $"node: n1\nhttp: 127.0.0.1:{port}\ndata: data\nmachines: machines\ntraffic: {{ enabled: true, interval: 1s, kubernetes: true, compat_statsagent: {{ enabled: true, listen: 127.0.0.1:{compatible} }} }}\n");
        await using ChildProcess node = ChildProcess.Start(ScoutExecutable.Path, ["server", "run", "--config", folder.File("server.yaml")], variables, folder.Path);
        using var client = new HttpClient();
        string page = "";
        await ShowsAsync(port, "scout_traffic_map_entries{node=\"n1\",map=\"peers\"} 1");
        Send(pod);
        await ShowsAsync(port, $"scout_pod_service_transmit_packets_total{{node=\"n1\",namespace=\"shop\",pod=\"api-0\",service_namespace=\"shop\",service=\"db\"}} {Datagrams}");
        Assert.Contains($"scout_pod_network_transmit_bytes_total{{node=\"n1\",namespace=\"shop\",pod=\"api-0\"}} {Datagrams * (Payload + 28)}\n", page, StringComparison.Ordinal);
        Assert.Contains($"scout_service_receive_bytes_total{{node=\"n1\",service_namespace=\"shop\",service=\"db\",service_type=\"clusterIp\"}} {Datagrams * (Payload + 28)}\n", page, StringComparison.Ordinal);
        Assert.Contains("scout_kubernetes_objects{node=\"n1\",kind=\"services\"} 1\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("pod_uid=", page, StringComparison.Ordinal);
        await ShowsAsync(compatible, $"statsagent_pod_svc_stats_pod_to_svc_packets{{pod_namespace=\"shop\",pod_name=\"api-0\",svc_namespace=\"shop\",svc_name=\"db\",svc_scope=\"clusterIp\"}} {Datagrams}");

        // Nothing was sent for as long as the window is: less than one packet a second.
        CommandResult? status = null;
        await Until.TrueAsync(
            "the check names pod and service",
            async () => (status = await ScoutExecutable.RunAsync(["status", "--socket", folder.File("data/server.sock"), "-o", "json"])).Stdout.Contains("TRAFFIC CRITICAL - shop/api-* with service shop/db transmits 0 packets/s over 2s, 1 pod", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30),
            () => status + node.Output);

        using Process top = Top(variables);
        await Until.TrueAsync("two more programs on the cgroup", () => Programs() == 4);
        Send(pod);
        string line = "";
        await Until.TrueAsync(
            "top names the pod",
            async () =>
            {
                await top.StandardInput.WriteLineAsync();
                line = (await top.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!;
                JsonElement row = Assert.Single(JsonDocument.Parse(line).RootElement.GetProperty("rows").EnumerateArray());
                return row.TryGetProperty("namespace", out JsonElement space) && space.GetString() == "shop" && row.GetProperty("pod").GetString() == "api-0";
            },
            TimeSpan.FromSeconds(30),
            () => line);
        top.StandardInput.Close();
        await top.WaitForExitAsync();

        Task ShowsAsync(int where, string wanted) => Until.TrueAsync(
            wanted,
            async () =>
            {
                try
                {
                    return (page = await client.GetStringAsync(new Uri($"http://127.0.0.1:{where}/metrics"))).Contains(wanted + "\n", StringComparison.Ordinal);
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(30),
            () => page + node.Output);
    }

    public void Dispose()
    {
        receiver?.Dispose();
        cgroups?.Dispose();
    }

    private Process Top(Dictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(ScoutExecutable.Path, ["traffic", "top", "--json", "--root", cgroups.Root])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in variables ?? []) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>A shell joins the cgroup and sends.</summary>
    private void Send(string pod)
    {
        int port = ((IPEndPoint)receiver.LocalEndPoint!).Port;
        string script = string.Create(CultureInfo.InvariantCulture,
            $"echo $$ > {pod}/cgroup.procs; exec 3<>/dev/udp/127.0.0.1/{port}; for ((i = 0; i < {Datagrams}; i++)); do printf '%{Payload}s' x >&3; done");
        using Process shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { UseShellExecute = false })!;
        Assert.True(shell.WaitForExit(30_000));
        Assert.Equal(0, shell.ExitCode);
    }

    /// <summary>How many programs hang on the root.</summary>
    private int Programs() => Programs(0) + Programs(1);

    private unsafe int Programs(uint type)
    {
        LinuxBpf calls = LinuxBpf.Open();
        uint* query = stackalloc uint[16];
        new Span<uint>(query, 16).Clear();
        int fd = OpenDirectory(cgroups.Root);
        query[0] = (uint)fd;
        query[1] = type;
        int result = calls.Call((BpfCommand)ProgQuery, query, 64);
        calls.Close(fd);
        Assert.True(result >= 0, $"PROG_QUERY: {result}");
        return (int)query[6];
    }

    private static unsafe int OpenDirectory(string path)
    {
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(path + '\0')) return Libc.open(name, 0, 0);
    }
}
