using System.Text;
using System.Text.Json.Nodes;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Chart.Tests;

public sealed class ProductTests
{
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
                CommandResult result = await ScoutExecutable.RunAsync(file == "server.yaml" ? ["server", "check", "--node", "n1", "--config", path] : ["machine", "lint", path]);
                Assert.True(result.ExitCode == 0, $"{owner} {file}: {result.Stdout}{result.Stderr}");
            }
        }

        Assert.InRange(seen.Count, 8, 100);
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
