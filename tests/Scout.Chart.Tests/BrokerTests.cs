using System.Text.Json.Nodes;
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
        string version = NatsVersion();
        using var folder = new TempFolder();
        await KeysAsync(folder);
        Rendering rendering = Rendering.With("scout", "1.32", "--values", Rendering.ValuesOf(name), "--set", $"broker.nats.image.tag={version}");
        PodShape pod = rendering.Pods().Single(static one => one.Component == "broker");
        JsonObject init = pod.Containers.Single(static one => (string?)one["name"] == "config");
        if (rendering.OfKind("ConfigMap").SingleOrDefault(static one => (string?)one["metadata"]!["name"] == "scout-broker-merge") is { } merge) folder.Write("merge/merge.json", (string)merge["data"]!["merge.json"]!);

        // The volume's root belongs to the kubelet.
        Directory.CreateDirectory(folder.File("volume"));
        CommandResult result = await ScoutExecutable.RunAsync(init["args"]!.AsArray().Select(one => Here(folder, (string)one!)));
        Assert.True(result.ExitCode == 0, result.Stdout + result.Stderr);

        JsonObject nats = pod.Containers.Single(static one => (string?)one["name"] == "nats");
        string config = Here(folder, (string)nats["command"]![2]!);
        (int code, string output, string errors) = Programs.Run("nats-server", ["-t", "--config", config], TimeSpan.FromMinutes(1));
        Assert.True(code == 0, output + errors);
        string text = File.ReadAllText(config);
        string preStop = (string)nats["lifecycle"]!["preStop"]!["exec"]!["command"]![2]!;
        Assert.Contains(Here(folder, preStop["ldm=".Length..]), text, StringComparison.Ordinal);
        Assert.Contains(Here(folder, (string)nats["volumeMounts"]![1]!["mountPath"]!), text, StringComparison.Ordinal);
        // What nats-server is given holds no key but that of its certificates.
        Assert.DoesNotContain(Directory.EnumerateFiles(folder.File("nats"), "*", SearchOption.AllDirectories), static file => file.EndsWith(".nk", StringComparison.Ordinal) || file.EndsWith(".creds", StringComparison.Ordinal) || Path.GetFileName(file) == "ca.key");
        Assert.Equal(name == "broker-cluster", text.Contains("scout-broker-2.scout-broker-headless.monitoring.svc.cluster.local:6222", StringComparison.Ordinal));
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

    /// <summary>The two commands of the documentation, and the Secret as the kubelet mounts it: files behind a link that is swapped when it changes.</summary>
    private static async Task KeysAsync(TempFolder folder)
    {
        string fleet = folder.File("fleet");
        CommandResult made = await ScoutExecutable.RunAsync(["broker", "init", fleet, "--host", "scout-broker.monitoring.svc.cluster.local", "--host", "scout-broker.monitoring.svc", "--host", "scout-broker.monitoring", "--host", "scout-broker"]);
        Assert.True(made.ExitCode == 0, made.Stdout + made.Stderr);
        CommandResult printed = await ScoutExecutable.RunAsync(["broker", "secret", fleet, "--namespace", "monitoring"]);
        Assert.True(printed.ExitCode == 0, printed.Stderr);
        IReadOnlyList<JsonNode> secrets = YamlText.ReadAll(printed.Stdout);
        Assert.Equal(["scout-broker", "scout-servers"], secrets.Select(static one => (string?)one["metadata"]!["name"]));
        Assert.All(secrets, static one => Assert.Equal("monitoring", (string?)one["metadata"]!["namespace"]));
        string version = Directory.CreateDirectory(folder.File("keys/..2026_01_01")).FullName;
        foreach ((string key, JsonNode? value) in secrets[0]["data"]!.AsObject())
        {
            string file = Path.Combine(version, key);
            File.WriteAllBytes(file, Convert.FromBase64String((string)value!));
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
            File.CreateSymbolicLink(folder.File($"keys/{key}"), $"..data/{key}");
        }

        Directory.CreateSymbolicLink(folder.File("keys/..data"), "..2026_01_01");
        // A certificate of somebody else, as cert-manager names its files.
        Directory.CreateDirectory(folder.File("tls"));
        foreach ((string from, string to) in ((string, string)[])[("server.pem", "tls.crt"), ("server.key", "tls.key"), ("ca.pem", "ca.crt")]) File.Copy(Path.Combine(fleet, "tls", from), folder.File($"tls/{to}"));
    }

    private static string Here(TempFolder folder, string text) => text
        .Replace("/var/lib/scout-broker", folder.File("volume"), StringComparison.Ordinal)
        .Replace("/etc/scout/broker", folder.File("keys"), StringComparison.Ordinal)
        .Replace("/etc/scout/merge", folder.File("merge"), StringComparison.Ordinal)
        .Replace("/etc/scout/tls", folder.File("tls"), StringComparison.Ordinal)
        .Replace("/etc/nats", folder.File("nats"), StringComparison.Ordinal)
        .Replace("$(POD_NAME)", "scout-broker-0", StringComparison.Ordinal);

    private static string NatsVersion()
    {
        try
        {
            (_, string output, _) = Programs.Run("nats-server", ["--version"], TimeSpan.FromMinutes(1));
            return output.Trim().Split('v')[^1];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw SkipTestException.Because("there is no nats-server on the path", "SCOUT_REQUIRE_NATS");
        }
    }
}
