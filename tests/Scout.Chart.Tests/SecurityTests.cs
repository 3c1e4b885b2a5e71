using System.Text.Json.Nodes;

namespace Scout.Chart.Tests;

public sealed class SecurityTests
{
    // What a case takes beyond "restricted", and only in these components.
    private static readonly Dictionary<(string Case, string Component), string[]> Declared = new()
    {
        [("host-network", "server")] = ["hostNetwork", "hostPort"],
        [("persistence", "server")] = ["hostPath", .. Prepare],
        [("broker", "server")] = ["hostPath", .. Prepare],
        [("external-broker", "server")] = ["hostPath", .. Prepare],
        [("textfile", "server")] = ["hostPath", .. Prepare],
        [("traffic", "traffic")] = Traffic,
        [("network-policy", "traffic")] = Traffic,
        [("pod-monitor", "traffic")] = Traffic,
        [("service-monitor", "traffic")] = Traffic,
        [("traffic-compat", "traffic")] = ["hostPath", "scout: +NET_ADMIN", "scout: +SYS_ADMIN", "scout: runAsNonRoot", "scout: seccomp", "scout: user 0"],
    };

    private static string[] Prepare => ["prepare: +CHOWN", "prepare: runAsNonRoot", "prepare: user 0"];

    private static string[] Traffic => ["hostPath", "scout: +BPF", "scout: +NET_ADMIN", "scout: +PERFMON", "scout: runAsNonRoot", "scout: user 0"];

    public static TheoryData<string, string> CasesAndVersions() => RenderTests.CasesAndVersions();

    [Theory]
    [MemberData(nameof(CasesAndVersions))]
    public void Every_pod_is_restricted_but_for_what_is_declared(string name, string version)
    {
        foreach (PodShape pod in Rendering.Of(name, version).Pods())
        {
            Assert.Equal(Declared.GetValueOrDefault((name, pod.Component), []), PodSecurity.Violations(pod));
        }
    }

    [Theory]
    [MemberData(nameof(CasesAndVersions))]
    public void Every_container_has_a_read_only_root_and_a_limit_of_memory_but_none_of_cpu(string name, string version)
    {
        foreach (JsonObject container in Rendering.Of(name, version).Pods().SelectMany(static pod => pod.Containers).Where(static one => (string?)one["name"] != "idle"))
        {
            Assert.True((bool?)container["securityContext"]!["readOnlyRootFilesystem"], container.ToJsonString());
            Assert.NotNull(container["resources"]!["limits"]!["memory"]);
            Assert.Null(container["resources"]!["limits"]!["cpu"]);
        }
    }

    [Theory]
    [InlineData("1.25", "containers")]
    [InlineData("1.36", "initContainers")]
    public void The_patch_of_the_sidecar_is_a_restricted_container_and_brings_its_volumes(string version, string list)
    {
        JsonObject map = Rendering.Of("sidecar", version).OfKind("ConfigMap").Single(static one => (string?)one["metadata"]!["name"] == "scout-sidecar");
        JsonObject spec = YamlText.Read((string)map["data"]!["patch.yaml"]!)["spec"]!["template"]!["spec"]!.AsObject();
        JsonObject container = Assert.Single(spec[list]!.AsArray())!.AsObject();
        if (list == "initContainers")
        {
            Assert.Equal("Always", (string?)container["restartPolicy"]);
            spec["containers"] = new JsonArray();
        }

        Assert.Empty(PodSecurity.Violations(new PodShape("Deployment", map, [], spec)));
        Assert.Equal(container["volumeMounts"]!.AsArray().Select(static one => (string?)one!["name"]), spec["volumes"]!.AsArray().Select(static one => (string?)one!["name"]));
        Assert.All(spec["volumes"]!.AsArray().Select(static one => (string?)one!["configMap"]?["name"]).OfType<string>(), referred =>
            Assert.Contains(Rendering.Of("sidecar", version).OfKind("ConfigMap"), one => (string?)one["metadata"]!["name"] == referred));
    }

    [Fact]
    public void Policies_open_what_each_component_needs_and_no_more()
    {
        Rendering rendering = Rendering.Of("network-policy");
        static JsonObject Pod(string component) => new() { ["app.kubernetes.io/name"] = "scout", ["app.kubernetes.io/instance"] = "scout", ["app.kubernetes.io/component"] = component };
        bool Open(string to, string from, string port) => Opens(rendering, to, Pod(from), port);
        bool Foreign(string to, string port) => Opens(rendering, to, new JsonObject { ["app"] = "shop" }, port);

        Assert.True(Open("server", "server", "mesh-tcp"));
        Assert.True(Open("server", "server", "mesh-udp"));
        Assert.True(Open("server", "test", "http"));
        Assert.False(Open("server", "test", "mesh-tcp"));
        Assert.False(Open("server", "traffic", "http"));
        Assert.False(Foreign("server", "http"));
        Assert.True(Open("broker", "server", "client"));
        Assert.True(Open("broker", "test", "client"));
        Assert.False(Open("broker", "server", "http"));
        Assert.True(Opens(rendering, "broker", new JsonObject { ["app"] = "gateway" }, "client"));
        Assert.False(Foreign("broker", "client"));
        Assert.False(Open("traffic", "server", "http"));
        Assert.False(Foreign("traffic", "http"));
    }

    [Fact]
    public void Without_metricsFrom_nobody_may_scrape()
    {
        Rendering rendering = Rendering.Of("full");

        Assert.False(Opens(rendering, "server", new JsonObject { ["app"] = "prometheus" }, "http"));
        Assert.False(Opens(rendering, "broker", new JsonObject { ["app"] = "prometheus" }, "http"));
    }

    /// <summary>Whether a pod with these labels in the same namespace may reach a port by its name.</summary>
    private static bool Opens(Rendering rendering, string to, JsonObject from, string port)
    {
        JsonObject policy = rendering.OfKind("NetworkPolicy").Single(one => (string?)one["spec"]!["podSelector"]!["matchLabels"]!["app.kubernetes.io/component"] == to);
        return ((JsonArray?)policy["spec"]!["ingress"] ?? []).Any(rule =>
            (rule!["ports"] is not JsonArray ports || ports.Any(one => (string?)one!["port"] == port))
            && (rule["from"] is not JsonArray peers || peers.Any(peer => peer!["namespaceSelector"] is null && peer["podSelector"]?["matchLabels"] is JsonObject wanted && wanted.All(label => (string?)from[label.Key] == (string?)label.Value))));
    }
}
