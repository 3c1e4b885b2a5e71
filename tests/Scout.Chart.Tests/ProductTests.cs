using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Chart.Tests;

public sealed class ProductTests
{
    /// <summary>What is rendered is read as outside a cluster, also where tests were told of one.</summary>
    internal static readonly Dictionary<string, string> NoCluster = new(StringComparer.Ordinal) { ["KUBERNETES_SERVICE_HOST"] = "" };

    [Fact]
    public async Task Every_configuration_and_definition_passes_the_readers_of_the_server()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonObject map in Rendering.Cases.SelectMany(static name => Rendering.Of(name).OfKind("ConfigMap")))
        {
            string owner = (string?)map["metadata"]!["name"] ?? "";
            if (!owner.EndsWith("-config", StringComparison.Ordinal) && !owner.EndsWith("-machines", StringComparison.Ordinal)) continue;
            foreach ((string file, JsonNode? content) in map["data"]!.AsObject())
            {
                if (!seen.Add((string)content!)) continue;
                using var folder = new TempFolder();
                string path = folder.Write(file, (string)content!);
                CommandResult result = await ScoutExecutable.RunAsync(file == "server.yaml" ? ["server", "check", "--node", "n1", "--config", path] : ["machine", "lint", path], NoCluster);
                Assert.True(result.ExitCode == 0, $"{owner} {file}: {result.Stdout}{result.Stderr}");
            }
        }

        Assert.InRange(seen.Count, 8, 100);
    }

    [Fact]
    public async Task Ports_and_paths_are_the_defaults_of_the_server_but_for_the_data_directory()
    {
        CommandResult bare = await ScoutExecutable.RunAsync(["server", "check", "--node", "n1", "--config", "/dev/null", "-o", "json"]);
        byte[] rows = Encoding.UTF8.GetBytes(bare.Stdout);
        var reader = new Utf8JsonReader(rows);
        // Findings follow as a document of their own: this machine has no folder of definitions.
        Dictionary<string, string> defaults = JsonDocument.ParseValue(ref reader).RootElement.EnumerateArray().ToDictionary(static row => row.GetProperty("key").GetString()!, static row => row.GetProperty("value").GetString()!, StringComparer.Ordinal);
        JsonNode Config(string name, string map) => YamlText.Read((string)Rendering.Of(name).OfKind("ConfigMap").Single(one => (string?)one["metadata"]!["name"] == map)["data"]!["server.yaml"]!);
        JsonNode server = Config("default", "scout-server-config");
        JsonNode traffic = Config("traffic-compat", "scout-traffic-config");

        Assert.EndsWith((string)server["http"]!, defaults["http"], StringComparison.Ordinal);
        Assert.Equal(defaults["http"].Split(':')[^1], (string)traffic["http"]! is { } text ? text.TrimStart(':') : "");
        Assert.Equal(defaults["mesh.listen.port"], server["mesh"]!["listen"]!["port"]!.ToString());
        Assert.Equal(defaults["machines"], (string)server["machines"]!);
        Assert.Equal($"{defaults["data"]}/data", (string)server["data"]!);
        Assert.Equal(defaults["traffic.compat_statsagent.listen"], (string)traffic["traffic"]!["compat_statsagent"]!["listen"]!);
    }

    [Fact]
    public async Task What_the_test_pod_calls_are_commands()
    {
        PodShape pod = Rendering.With("scout", "1.32", "--values", Rendering.ValuesOf("broker"), "--set", "tests.creds.existingSecret=viewer").Pods().Single(static one => one.Component == "test");
        Assert.Equal(["broker", "doctor", "server"], pod.Containers.Select(static one => (string)one["name"]!));
        foreach (JsonObject container in pod.Containers)
        {
            // Nobody listens there, and there is no login: refused, but not for how it was asked (2).
            IEnumerable<string> arguments = container["args"]!.AsArray().Select(static one => Regex.Replace((string)one!, @"scout-\w+\.monitoring\.svc\.cluster\.local:\d+", "127.0.0.1:9", RegexOptions.None, TimeSpan.FromSeconds(5)));
            CommandResult result = await ScoutExecutable.RunAsync(arguments);
            Assert.True(result.ExitCode is 1 or 3, $"{result.ExitCode}: {result.Stdout}{result.Stderr}");
        }
    }

    [Fact]
    public void An_alert_that_is_off_by_default_can_be_switched_on()
    {
        static bool Has(params string[] set) => Rendering.With("scout", "1.32", ["--set", "monitoring.prometheusRule.enabled=true", .. set]).Text.Contains("alert: ScoutCheckCritical", StringComparison.Ordinal);

        Assert.False(Has());
        Assert.True(Has("--set", "monitoring.prometheusRule.alerts.ScoutCheckCritical.enabled=true"));
    }

    [Fact]
    public void The_rendered_rules_pass_promtool_and_changes_of_alerts_are_in_them()
    {
        Rendering rendering = Rendering.Of("pod-monitor");
        using var folder = new TempFolder();
        var alerts = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (JsonObject rule in rendering.OfKind("PrometheusRule"))
        {
            // JSON is YAML.
            File.WriteAllText(Path.Combine(folder.Path, $"{rule["metadata"]!["name"]}.yaml"), new JsonObject { ["groups"] = rule["spec"]!["groups"]!.DeepClone() }.ToJsonString(), Encoding.UTF8);
            foreach (JsonNode? one in rule["spec"]!["groups"]!.AsArray().SelectMany(static group => group!["rules"]!.AsArray())) alerts.Add((string)one!["alert"]!, one);
        }

        Assert.DoesNotContain("ScoutCheckCritical", alerts.Keys);
        Assert.Contains("ScoutOwn", alerts.Keys);
        Assert.Equal("5m", (string?)alerts["ScoutServerAbsent"]["for"]);
        Assert.Equal("critical", (string?)alerts["ScoutServerAbsent"]["labels"]!["severity"]);
        Assert.Equal("infra", (string?)alerts["ScoutServerAbsent"]["labels"]!["team"]);
        Assert.Equal("warning", (string?)alerts["ScoutDefinitionError"]["labels"]!["severity"]);
        try
        {
            (int code, string output, string errors) = Programs.Run("promtool", ["check", "rules", .. Directory.EnumerateFiles(folder.Path)], TimeSpan.FromMinutes(1));
            Assert.True(code == 0, output + errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw SkipTestException.Because("there is no promtool", "SCOUT_REQUIRE_PROMTOOL");
        }
    }

    [Fact]
    public void Dashboards_reach_grafana_unchanged_and_small_enough()
    {
        foreach (JsonObject map in Rendering.Of("pod-monitor").OfKind("ConfigMap").Where(static one => (string?)one["metadata"]!["labels"]!["grafana_dashboard"] == "1"))
        {
            (string file, JsonNode? content) = Assert.Single(map["data"]!.AsObject());
            Assert.Equal(File.ReadAllText(Path.Combine(HelmTool.Chart, "dashboards", file)).TrimEnd(), ((string)content!).TrimEnd());
            Assert.InRange(((string)content!).Length, 100, 900_000);
        }

        Assert.Equal(Directory.GetFiles(Path.Combine(HelmTool.Chart, "dashboards")).Length, Rendering.Of("pod-monitor").OfKind("ConfigMap").Count(static one => (string?)one["metadata"]!["labels"]!["grafana_dashboard"] == "1"));
    }
}
