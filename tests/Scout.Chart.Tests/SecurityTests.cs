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
        // It is started again when it hangs, and takes nobody else's pod out of service.
        Assert.Equal((true, false), (container.ContainsKey("livenessProbe"), container.ContainsKey("readinessProbe")));
        Assert.Equal(container["volumeMounts"]!.AsArray().Select(static one => (string?)one!["name"]), spec["volumes"]!.AsArray().Select(static one => (string?)one!["name"]));
        Assert.All(spec["volumes"]!.AsArray().Select(static one => (string?)one!["configMap"]?["name"]).OfType<string>(), referred =>
            Assert.Contains(Rendering.Of("sidecar", version).OfKind("ConfigMap"), one => (string?)one["metadata"]!["name"] == referred));
    }

    [Theory]
    [MemberData(nameof(CasesAndVersions))]
    public void No_ConfigMap_holds_a_secret(string name, string version)
    {
        foreach (JsonObject map in Rendering.Of(name, version).OfKind("ConfigMap"))
        {
            // Keys and certificates in PEM, seeds of NATS, tokens of enrolment, JWTs.
            Assert.DoesNotMatch(@"PRIVATE KEY-----|\bS[UAONXC][A-Z2-7]{56}\b|\bscout-enroll-|\beyJ[A-Za-z0-9_-]{20,}\.", map["data"]?.ToJsonString() ?? "");
        }
    }

    public static TheoryData<string> Cases() => [.. Rendering.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Everything_is_in_the_namespace_that_is_asked_for(string name)
    {
        Rendering rendering = Rendering.Of(name);
        string[] clusterWide = ["ClusterRole", "ClusterRoleBinding"];

        Assert.All(rendering.Objects.Where(one => !clusterWide.Contains((string?)one["kind"]) && (string?)one["metadata"]!["labels"]?["app.kubernetes.io/part-of"] == "scout"), static one => Assert.NotNull((string?)one["metadata"]!["namespace"]));
        Assert.All(Rendering.With("scout", "1.32", "--values", Rendering.ValuesOf(name), "--set", "namespaceOverride=elsewhere").Objects, static one =>
        {
            if ((string?)one["metadata"]!["labels"]?["app.kubernetes.io/part-of"] != "scout" || ((string?)one["kind"])!.StartsWith("ClusterRole", StringComparison.Ordinal)) return;
            Assert.Contains((string?)one["metadata"]!["namespace"], (string[])["elsewhere", "observability"]);
        });
    }
}
