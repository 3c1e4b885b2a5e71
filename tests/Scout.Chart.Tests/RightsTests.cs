using System.Text.Json.Nodes;

namespace Scout.Chart.Tests;

/// <summary>Who may read what of the Kubernetes API (kubernetes.md section 2): nobody more than that, and only one container of a pod has the token.</summary>
public sealed class RightsTests
{
    private static readonly string[] Reading = ["get", "list", "watch"];

    private static readonly Dictionary<(string Case, string Component), string> Wanted = new()
    {
        [("full", "server")] = "Role: pods; ClusterRole: nodes",
        [("full", "broker")] = Broker,
        [("broker", "broker")] = Broker,
        [("broker-cert-manager", "broker")] = Broker,
        [("network-policy", "broker")] = Broker,
        [("pod-monitor", "broker")] = Broker,
        [("service-monitor", "broker")] = Broker,
        [("traffic", "traffic")] = Traffic,
        [("traffic-compat", "traffic")] = Traffic,
        [("network-policy", "traffic")] = Traffic,
        [("pod-monitor", "traffic")] = Traffic,
        [("service-monitor", "traffic")] = Traffic,
    };

    private static string Broker => "Role: pods; ClusterRole: nodes";

    private static string Traffic => "ClusterRole: pods services discovery.k8s.io/endpointslices";

    public static TheoryData<string, string> CasesAndVersions() => RenderTests.CasesAndVersions();

    [Theory]
    [MemberData(nameof(CasesAndVersions))]
    public void Rights_are_those_of_the_table_and_the_token_is_where_they_are(string name, string version)
    {
        Rendering rendering = Rendering.Of(name, version);
        foreach (PodShape pod in rendering.Pods())
        {
            string wanted = Wanted.GetValueOrDefault((name, pod.Component), "");
            Assert.Equal(wanted, RightsOf(rendering, (string?)pod.Spec["serviceAccountName"]));
            Assert.False((bool)pod.Spec["automountServiceAccountToken"]!);
            Assert.Equal(wanted.Length > 0 ? ["scout"] : [], pod.Containers.Where(static one => ((JsonArray?)one["volumeMounts"] ?? []).Any(static mount => (string?)mount!["name"] == "token")).Select(static one => (string)one["name"]!));
        }

        Assert.All(rendering.OfKind("ServiceAccount"), static one => Assert.False((bool)one["automountServiceAccountToken"]!));
        Assert.Empty(rendering.OfKind("Secret"));
    }

    [Theory]
    [InlineData("all", "ClusterRole: pods services discovery.k8s.io/endpointslices")]
    [InlineData("cluster_ip", "ClusterRole: pods services")]
    [InlineData("none", "ClusterRole: pods")]
    public void Traffic_asks_for_no_more_than_the_services_that_are_told_apart(string services, string wanted) =>
        Assert.Equal(wanted, RightsOf(Rendering.With("scout", "1.32", "--set", $"traffic.enabled=true,traffic.services={services}"), "scout-traffic"));

    [Fact]
    public void Without_rbac_there_are_accounts_and_tokens_but_no_roles()
    {
        Rendering rendering = Rendering.With("scout", "1.32", "--set", "traffic.enabled=true,rbac.create=false,traffic.serviceAccount.create=false,traffic.serviceAccount.name=mine");

        Assert.DoesNotContain(rendering.Objects, static one => ((string)one["kind"]!).Contains("Role", StringComparison.Ordinal));
        PodShape traffic = rendering.Pods().Single(static pod => pod.Component == "traffic");
        Assert.Equal("mine", (string?)traffic.Spec["serviceAccountName"]);
        Assert.Contains(traffic.Spec["volumes"]!.AsArray(), static one => (string?)one!["name"] == "token");
    }

    private static string RightsOf(Rendering rendering, string? account)
    {
        var rights = new List<string>();
        foreach (string scope in (string[])["Role", "ClusterRole"])
        {
            foreach (JsonObject binding in rendering.OfKind(scope + "Binding").Where(one => one["subjects"]!.AsArray().Any(subject => (string?)subject!["name"] == account)))
            {
                Assert.Equal("monitoring", (string?)Assert.Single(binding["subjects"]!.AsArray())!["namespace"]);
                JsonObject role = rendering.OfKind(scope).Single(one => (string?)one["metadata"]!["name"] == (string?)binding["roleRef"]!["name"]);
                var kinds = new List<string>();
                foreach (JsonNode? rule in role["rules"]!.AsArray())
                {
                    Assert.Equal(Reading, rule!["verbs"]!.AsArray().Select(static one => (string)one!));
                    string group = (string)Assert.Single(rule["apiGroups"]!.AsArray())!;
                    kinds.AddRange(rule["resources"]!.AsArray().Select(one => group.Length == 0 ? (string)one! : $"{group}/{one}"));
                }

                Assert.DoesNotContain(kinds, static kind => kind.Contains('*', StringComparison.Ordinal) || kind is "secrets" or "configmaps" or "coordination.k8s.io/leases");
                rights.Add($"{scope}: {string.Join(' ', kinds)}");
            }
        }

        return string.Join("; ", rights);
    }
}
