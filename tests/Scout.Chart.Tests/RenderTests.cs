using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scout.Testing;

namespace Scout.Chart.Tests;

public sealed class RenderTests
{
    private static readonly string BadFolder = Path.Combine(Repository.Root, "tests", "Scout.Chart.Tests", "bad");

    public static TheoryData<string, string> CasesAndVersions() => [.. Rendering.Cases.SelectMany(static name => Rendering.Versions.Select(version => (name, version)))];

    [Theory]
    [MemberData(nameof(CasesAndVersions))]
    public void Every_case_renders_for_every_version_each_object_once(string name, string version)
    {
        Rendering rendering = Rendering.Of(name, version);

        Assert.NotEmpty(rendering.Objects);
        Assert.Empty(rendering.Objects.GroupBy(static one => $"{one["kind"]} {one["metadata"]!["namespace"]} {one["metadata"]!["name"]}").Where(static group => group.Count() > 1).Select(static group => group.Key));
        Assert.All(rendering.Objects, static one => Assert.NotNull((string?)one["apiVersion"]));
    }

    [Fact]
    public void Every_case_that_must_be_there_is()
    {
        string[] cases = ["broker", "broker-cert-manager", "broker-cluster", "default", "external-broker", "full", "host-network", "minimal", "network-policy", "persistence", "pod-monitor", "service-monitor", "sidecar", "textfile", "traffic", "traffic-compat"];

        Assert.Equal(cases, Rendering.Cases);
    }

    [Fact]
    public void Lint_finds_nothing()
    {
        foreach (string name in Rendering.Cases)
        {
            (int code, string output, string errors) = HelmTool.Run("lint", HelmTool.Chart, "--strict", "--values", Rendering.ValuesOf(name));
            Assert.True(code == 0, $"{name}: {output}{errors}");
        }
    }

    [Fact]
    public void A_default_install_is_servers_only_and_reads_no_api()
    {
        Rendering rendering = Rendering.Of("default");

        Assert.Equal(["ConfigMap", "DaemonSet", "Pod", "Service", "ServiceAccount"], rendering.Objects.Select(static one => (string)one["kind"]!).Order(StringComparer.Ordinal));
    }

    /// <summary>A file for each row of what is refused; its first line names the key that the message must name.</summary>
    public static TheoryData<string> BadValues() => [.. Directory.EnumerateFiles(BadFolder, "*.yaml").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(BadValues))]
    public void What_cannot_work_is_refused_and_the_key_is_named(string name)
    {
        string file = Path.Combine(BadFolder, name + ".yaml");
        string key = File.ReadLines(file).First()["# ".Length..];

        (int code, string output, string errors) = HelmTool.Run("template", "scout", HelmTool.Chart, "--kube-version", "1.32", "--values", file);

        Assert.NotEqual(0, code);
        Assert.Contains(key, output + errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_refusal_of_the_chart_is_tried()
    {
        // The key that each message begins with, up to the first word that is made while rendering.
        string[] keys = [.. Regex.Matches(File.ReadAllText(Path.Combine(HelmTool.Chart, "templates", "validate.yaml")), "fail (?:\\(printf )?\"(?<key>[a-zA-Z.]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(static one => one.Groups["key"].Value.TrimEnd('.'))];
        string[] tried = [.. Directory.EnumerateFiles(BadFolder).Select(static file => File.ReadLines(file).First()["# ".Length..])];

        Assert.NotEmpty(keys);
        Assert.All(keys, key => Assert.Contains(tried, one => one.Contains(key, StringComparison.Ordinal) || key.Contains(one, StringComparison.Ordinal)));
    }

    [Fact]
    public void An_older_kubernetes_is_refused()
    {
        (int code, _, string errors) = HelmTool.Run("template", "scout", HelmTool.Chart, "--kube-version", "1.24");

        Assert.NotEqual(0, code);
        Assert.Contains("1.25", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("pod-monitor")]
    [InlineData("sidecar")]
    public void Names_and_labels_of_the_longest_release_fit(string name)
    {
        string release = new('r', 53);
        Rendering rendering = Rendering.With(release, "1.32", "--values", Rendering.ValuesOf(name));

        foreach (JsonObject one in rendering.Objects)
        {
            // A StatefulSet's revision, a label of its pods, is its name and 11 characters.
            int room = (string)one["kind"]! == "StatefulSet" ? 52 : 63;
            Assert.InRange(((string)one["metadata"]!["name"]!).Length, 1, room);
            Assert.All((JsonObject?)one["metadata"]!["labels"] ?? [], static label => Assert.InRange(((string)label.Value!).Length, 0, 63));
        }
    }

    [Fact]
    public void Two_releases_in_one_namespace_share_nothing()
    {
        static HashSet<string> Names(string release) => [.. Rendering.With(release, "1.32", "--values", Rendering.ValuesOf("pod-monitor")).Objects.Select(static one => $"{one["kind"]} {one["metadata"]!["name"]}")];

        Assert.Empty(Names("a").Intersect(Names("b"), StringComparer.Ordinal));
        Assert.Empty(Names(new string('r', 52) + "a").Intersect(Names(new string('r', 52) + "b"), StringComparer.Ordinal));
    }

    [Fact]
    public void A_change_of_a_definition_restarts_nothing_and_one_of_the_configuration_does()
    {
        static string Template(params string[] set) => Rendering.With("scout", "1.32", set).OfKind("DaemonSet").Single().ToJsonString();

        string one = Template("--set", "server.machines.a\\.yaml=checks: []");
        Assert.Equal(one, Template("--set", "server.machines.a\\.yaml=checks: [] # again"));
        Assert.NotEqual(one, Template("--set", "server.machines.a\\.yaml=checks: []", "--set", "server.zone=b"));
    }

    [Fact]
    public void A_token_that_was_taken_out_of_its_secret_keeps_no_enrolled_server_from_starting()
    {
        JsonNode server = Rendering.Of("external-broker").OfKind("DaemonSet").Single()["spec"]!["template"]!["spec"]!["containers"]![0]!;
        JsonNode token = Assert.Single(server["env"]!.AsArray(), static one => (string?)one!["name"] == "SCOUT_ENROLL_TOKEN")!["valueFrom"]!["secretKeyRef"]!;
        Assert.Equal(("scout-servers", "token", true), ((string?)token["name"], (string?)token["key"], (bool?)token["optional"]));
    }

    [Fact]
    public void Notes_tell_what_runs_and_what_is_missing()
    {
        (int code, string output, string notes) = HelmTool.Run("template", "scout", HelmTool.Chart, "--values", Rendering.ValuesOf("broker-cert-manager"), "--show-notes");
        if (code != 0 && notes.Contains("unknown flag", StringComparison.Ordinal)) Assert.Skip("this helm shows notes only when it installs");

        Assert.True(code == 0, output + notes);
        Assert.Contains("state is on emptyDir", notes, StringComparison.Ordinal);
        Assert.Contains("no server uses the broker yet", notes, StringComparison.Ordinal);
        Assert.Contains("nothing tells Prometheus", notes, StringComparison.Ordinal);
        Assert.Contains("scout broker secret DIR", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("pod-security.kubernetes.io", notes, StringComparison.Ordinal);
        (_, _, string privileged) = HelmTool.Run("template", "scout", HelmTool.Chart, "--values", Rendering.ValuesOf("persistence"), "--set", "traffic.enabled=true,monitoring.podMonitor.enabled=true", "--show-notes");
        Assert.Contains("what server.persistence.type: hostPath, traffic.enabled needs is refused", privileged, StringComparison.Ordinal);
        Assert.DoesNotContain("state is on emptyDir", privileged, StringComparison.Ordinal);
        Assert.DoesNotContain("nothing tells Prometheus", privileged, StringComparison.Ordinal);
    }
}
