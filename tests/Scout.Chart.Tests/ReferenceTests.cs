using System.Text.Json.Nodes;

namespace Scout.Chart.Tests;

public sealed class ReferenceTests
{
    private static readonly string[] Keys = ["app.kubernetes.io/component", "app.kubernetes.io/instance", "app.kubernetes.io/name"];

    // What somebody else brings: named by the values of the cases.
    private static readonly string[] External = ["more-machines", "scout-broker", "scout-servers", "broker-tls"];

    public static TheoryData<string, string> CasesAndVersions() => RenderTests.CasesAndVersions();

    [Theory]
    [MemberData(nameof(CasesAndVersions))]
    public void Every_selector_is_three_keys_that_some_pod_has(string name, string version)
    {
        Rendering rendering = Rendering.Of(name, version);
        List<PodShape> pods = [.. rendering.Pods()];
        foreach (JsonObject one in rendering.Objects)
        {
            JsonObject? selector = (string?)one["kind"] switch
            {
                "Service" => one["spec"]!["selector"]!.AsObject(),
                "DaemonSet" or "StatefulSet" or "PodDisruptionBudget" or "PodMonitor" => one["spec"]!["selector"]!["matchLabels"]!.AsObject(),
                "NetworkPolicy" => one["spec"]!["podSelector"]!["matchLabels"]!.AsObject(),
                _ => null,
            };
            if (selector is null) continue;
            Assert.Equal(Keys, selector.Select(static entry => entry.Key).Order(StringComparer.Ordinal));
            Assert.Contains(pods, pod => selector.All(entry => (string?)pod.Labels[entry.Key] == (string?)entry.Value));
        }
    }

    [Theory]
    [MemberData(nameof(CasesAndVersions))]
    public void Whatever_a_pod_refers_to_is_there(string name, string version)
    {
        Rendering rendering = Rendering.Of(name, version);
        HashSet<string> there = [.. rendering.Objects.Select(static one => $"{one["kind"]} {one["metadata"]!["name"]}"), "ConfigMap kube-root-ca.crt", .. External.SelectMany(static one => (string[])[$"ConfigMap {one}", $"Secret {one}"])];
        foreach (JsonObject certificate in rendering.OfKind("Certificate")) there.Add($"Secret {certificate["spec"]!["secretName"]}");
        foreach (PodShape pod in rendering.Pods())
        {
            if (pod.Spec["serviceAccountName"] is { } account) Assert.Contains($"ServiceAccount {account}", there);
            HashSet<string> volumes = [.. ((JsonArray?)pod.Spec["volumes"] ?? []).Concat((JsonArray?)pod.Owner["spec"]!["volumeClaimTemplates"] ?? []).Select(static one => (string)(one!["name"] ?? one["metadata"]!["name"])!)];
            foreach (JsonNode? volume in (JsonArray?)pod.Spec["volumes"] ?? [])
            {
                foreach (JsonNode? source in (JsonArray?)volume!["projected"]?["sources"] ?? [volume.DeepClone()])
                {
                    if (source!["configMap"] is { } map && (bool?)map["optional"] != true) Assert.Contains($"ConfigMap {map["name"]}", there);
                    if (source["secret"] is { } secret) Assert.Contains($"Secret {secret["secretName"]}", there);
                    // A name that Kubernetes gives to no volume of ours would pass unseen otherwise.
                    Assert.NotNull(source["configMap"] ?? source["secret"] ?? source["emptyDir"] ?? source["hostPath"] ?? source["serviceAccountToken"] ?? source["downwardAPI"]);
                }
            }

            foreach (JsonObject container in pod.Containers)
            {
                Assert.All((JsonArray?)container["volumeMounts"] ?? [], mount => Assert.Contains((string)mount!["name"]!, volumes));
                Assert.All((JsonArray?)container["env"] ?? [], one => Assert.True(one!["valueFrom"]?["secretKeyRef"] is not { } secret || there.Contains($"Secret {secret["name"]}")));
                HashSet<string> ports = [.. ((JsonArray?)container["ports"] ?? []).Select(static one => (string)one!["name"]!)];
                Assert.All((string[])["startupProbe", "livenessProbe", "readinessProbe"], probe => Assert.True(container[probe] is not { } one || ports.Contains((string)(one["httpGet"] ?? one["tcpSocket"])!["port"]!)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(CasesAndVersions))]
    public void Every_port_that_a_service_policy_or_monitor_names_is_a_port_of_its_pods(string name, string version)
    {
        Rendering rendering = Rendering.Of(name, version);
        Dictionary<string, HashSet<string>> ports = rendering.Pods().GroupBy(static pod => pod.Component, StringComparer.Ordinal).ToDictionary(
            static group => group.Key,
            static group => group.SelectMany(static pod => pod.Containers).SelectMany(static one => (JsonArray?)one["ports"] ?? []).Select(static one => (string)one!["name"]!).ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);
        foreach (JsonObject one in rendering.Objects)
        {
            IEnumerable<JsonNode?> named = (string?)one["kind"] switch
            {
                "Service" => one["spec"]!["ports"]!.AsArray().Select(static port => port!["targetPort"]),
                "PodMonitor" => one["spec"]!["podMetricsEndpoints"]!.AsArray().Select(static endpoint => endpoint!["port"]),
                "ServiceMonitor" => one["spec"]!["endpoints"]!.AsArray().Select(static endpoint => endpoint!["port"]),
                "NetworkPolicy" => ((JsonArray?)one["spec"]!["ingress"] ?? []).SelectMany(static rule => (JsonArray?)rule!["ports"] ?? []).Select(static port => port!["port"]),
                _ => [],
            };
            foreach (JsonNode? port in named) Assert.Contains((string)port!, ports[(string)one["metadata"]!["labels"]!["app.kubernetes.io/component"]!]);
        }
    }

    [Fact]
    public void A_service_monitor_finds_one_service_with_its_port_for_each_component()
    {
        Rendering rendering = Rendering.Of("service-monitor");
        foreach (JsonObject monitor in rendering.OfKind("ServiceMonitor"))
        {
            JsonObject wanted = monitor["spec"]!["selector"]!["matchLabels"]!.AsObject();
            Assert.Single(rendering.OfKind("Service"), service =>
                wanted.All(label => (string?)service["metadata"]!["labels"]![label.Key] == (string?)label.Value) && service["spec"]!["ports"]!.AsArray().Any(static port => (string?)port!["name"] == "http"));
            Assert.Equal((string?)monitor["metadata"]!["labels"]!["app.kubernetes.io/component"] == "traffic", (bool?)monitor["spec"]!["endpoints"]![0]!["honorLabels"] ?? false);
        }
    }
}
