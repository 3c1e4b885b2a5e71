using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Chart.Tests;

/// <summary>The broker's pod as far as it can be tried without a kubelet: its Secret is made and mounted as the kubelet does, its init container's command is run, nats-server judges the result.</summary>
public sealed class BrokerTests
{
    [Theory]
    [InlineData("broker")]
    [InlineData("broker-cluster")]
    public async Task What_the_init_container_writes_passes_nats_server(string name)
    {
        using var folder = new TempFolder();
        MountedPod pod = await MountedPod.MakeAsync(folder, name);
        CommandResult result = await ScoutExecutable.RunAsync(pod.Arguments("config"));
        Assert.True(result.ExitCode == 0, result.Stdout + result.Stderr);

        JsonObject nats = pod.Container("nats");
        string config = pod.Here((string)nats["command"]![2]!);
        (int code, string output, string errors) = Programs.Run(MountedPod.Nats, ["-t", "--config", config], TimeSpan.FromMinutes(1));
        Assert.True(code == 0, output + errors);
        string text = File.ReadAllText(config);
        string preStop = (string)nats["lifecycle"]!["preStop"]!["exec"]!["command"]![2]!;
        Assert.Contains(pod.Here(preStop["ldm=".Length..]), text, StringComparison.Ordinal);
        Assert.Contains(pod.Here((string)nats["volumeMounts"]![1]!["mountPath"]!), text, StringComparison.Ordinal);
        // What nats-server is given holds no key but that of its certificates.
        Assert.DoesNotContain(Directory.EnumerateFiles(folder.File("nats"), "*", SearchOption.AllDirectories), static file => file.EndsWith(".nk", StringComparison.Ordinal) || file.EndsWith(".creds", StringComparison.Ordinal) || Path.GetFileName(file) == "ca.key");
        Assert.Equal(name == "broker-cluster", text.Contains("scout-broker-2.scout-broker-headless.monitoring.svc.cluster.local:6222", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_containers_of_the_pod_become_ready_together_and_the_scrape_has_what_alerts_and_dashboards_ask_for()
    {
        using var folder = new TempFolder();
        MountedPod pod = await MountedPod.MakeAsync(folder, "broker");
        CommandResult config = await ScoutExecutable.RunAsync(pod.Arguments("config"));
        Assert.True(config.ExitCode == 0, config.Stdout + config.Stderr);
        JsonObject container = pod.Container("nats");
        await using ChildProcess nats = ChildProcess.Start(MountedPod.Nats, container["command"]!.AsArray().Skip(1).Select(one => pod.Here((string)one!)));
        await using ChildProcess scout = ChildProcess.Start(ScoutExecutable.Path, pod.Arguments("scout"));

        using var http = new HttpClient { BaseAddress = new Uri($"http://{MountedPod.Address}:8619"), Timeout = TimeSpan.FromSeconds(10) };
        await Until.TrueAsync("the broker is ready", async () => await CodeAsync(http, "/readyz") == 200, TimeSpan.FromSeconds(60), () => scout.Output + nats.Output);
        Assert.Equal(200, await CodeAsync(http, "/healthz"));
        string scrape = "";
        // The localiser begins when the streams are there, and has figures with its first round.
        await Until.TrueAsync("the localiser tells", async () => (scrape = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains("scout_mesh_expected_nodes", StringComparison.Ordinal), TimeSpan.FromSeconds(60), () => scrape + scout.Output);
        string documented = File.ReadAllText(Path.Combine(Repository.Root, "docs", "metrics.md"));
        Assert.All(Names(scrape, @"^# TYPE (?<name>\w+) "), name => Assert.Contains($"| `{name}` |", documented, StringComparison.Ordinal));
        string ofBroker = documented[documented.IndexOf("## Mesh, by the broker", StringComparison.Ordinal)..];
        Assert.All(Names(ofBroker, @"^\| `(?<name>\w+)` \| \w+ \| - \|"), name => Assert.Contains($"# TYPE {name} ", scrape, StringComparison.Ordinal));
        string asked = string.Concat(((string[])["alerts", "dashboards"]).SelectMany(static one => Directory.EnumerateFiles(Path.Combine(Repository.Root, one))).Select(File.ReadAllText));
        Assert.All(Names(asked, @"\b(?<name>scout_broker_\w+)"), name => Assert.Contains($"# TYPE {name} ", scrape, StringComparison.Ordinal));

        // As the documentation lets servers in.
        CommandResult token = await ScoutExecutable.RunAsync(
            ["token", "new", "--creds", Path.Combine(pod.Here("/var/lib/scout-broker/data"), "creds", "admin.creds"), "--broker", $"tls://{MountedPod.Address}:4222", "--for", "worker-*", "--group", "kubernetes", "--uses", "100", "--ttl", "30d"]);
        Assert.True(token.ExitCode == 0, token.Stderr);
        CommandResult secret = await ScoutExecutable.RunAsync(["broker", "secret", folder.File("fleet"), "--namespace", "monitoring", "--token-file", folder.Write("enroll.token", token.Stdout)]);
        Assert.True(secret.ExitCode == 0, secret.Stderr);
        JsonNode servers = YamlText.ReadAll(secret.Stdout)[1];
        string key = (string)YamlText.Read(File.ReadAllText(Path.Combine(HelmTool.Chart, "values.yaml")))["server"]!["broker"]!["enrolment"]!["key"]!;
        Assert.Equal(token.Stdout.Trim(), Encoding.UTF8.GetString(Convert.FromBase64String((string)servers["data"]![key]!)).Trim());

        // What the kubelet calls before it stops the container.
        string[] stop = [.. container["lifecycle"]!["preStop"]!["exec"]!["command"]!.AsArray().Select(one => pod.Here((string)one!))];
        (int code, string output, string errors) = Programs.Run(MountedPod.Nats, stop[1..], TimeSpan.FromMinutes(1));
        Assert.True(code == 0, output + errors);
        await nats.PrintedAsync("lame duck");
        Assert.Equal(0, await scout.StopAsync());
    }

    [Theory]
    [InlineData("broker")]
    [InlineData("broker-cluster")]
    public async Task Every_flag_that_the_pod_gives_is_one_of_the_command(string name)
    {
        foreach (JsonObject container in Rendering.Of(name).Pods().Single(static one => one.Component == "broker").Containers.Where(static one => one["args"] is not null))
        {
            string[] args = [.. container["args"]!.AsArray().Select(static one => (string)one!)];
            CommandResult help = await ScoutExecutable.RunAsync([.. args.Take(2), "--help"]);
            Assert.Equal(0, help.ExitCode);
            Assert.All(args.Where(static one => one.StartsWith("--", StringComparison.Ordinal)), flag => Assert.Contains($" {flag}", help.Stdout, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_containers_see_what_they_need_and_no_more()
    {
        PodShape pod = Rendering.Of("broker").Pods().Single(static one => one.Component == "broker");
        Dictionary<string, string> mounts = pod.Containers.ToDictionary(
            static one => (string)one["name"]!,
            static one => string.Join(' ', one["volumeMounts"]!.AsArray().Select(static mount => (string)mount!["name"]! + (mount["subPath"] is { } below ? $"/{below}" : ""))),
            StringComparer.Ordinal);

        Assert.Equal("nats data/jetstream", mounts["nats"]);
        Assert.Equal("keys nats data tmp", mounts["config"]);
        Assert.Equal("keys nats data tmp token", mounts["scout"]);
        Assert.True((bool)pod.Spec["shareProcessNamespace"]!);
        Assert.Equal("Parallel", (string?)pod.Owner["spec"]!["podManagementPolicy"]);
        Assert.Equal(90, (int)(long)pod.Containers.Single(static one => (string?)one["name"] == "nats")["startupProbe"]!["failureThreshold"]!);
        JsonObject headless = Rendering.Of("broker").OfKind("Service").Single(static one => (string?)one["metadata"]!["name"] == "scout-broker-headless");
        Assert.True((bool)headless["spec"]!["publishNotReadyAddresses"]!);
        Assert.Null(Rendering.Of("broker").OfKind("Service").Single(static one => (string?)one["metadata"]!["name"] == "scout-broker")["spec"]!["publishNotReadyAddresses"]);
    }

    private static async Task<int> CodeAsync(HttpClient http, string path)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    private static HashSet<string> Names(string text, string pattern) =>
        [.. Regex.Matches(text, pattern, RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(static one => one.Groups["name"].Value)];
}
