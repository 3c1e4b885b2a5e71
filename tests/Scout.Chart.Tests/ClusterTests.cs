using System.Text.Json.Nodes;
using Scout.Testing;

namespace Scout.Chart.Tests;

/// <summary>Every case at a real API server, by <c>kubectl apply --dry-run=server</c>; nothing is kept but three namespaces. Skipped, and counted, where there is none.</summary>
public sealed class ClusterTests
{
    [Theory]
    [InlineData("privileged")]
    [InlineData("baseline")]
    [InlineData("restricted")]
    public void A_real_api_server_takes_every_object_and_refuses_pods_exactly_where_declared(string level)
    {
        string version = Server();
        using var folder = new TempFolder();
        string space = $"scout-chart-{level}";
        Kubectl(folder, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = space, ["labels"] = new JsonObject { ["pod-security.kubernetes.io/enforce"] = level } } }, dry: false);
        foreach (string name in Rendering.Cases)
        {
            Rendering rendering = Rendering.With("scout", version, "--values", Rendering.ValuesOf(name), "--set", $"namespaceOverride={space}");
            foreach (JsonObject one in rendering.Objects.Where(static one => !((string)one["apiVersion"]!).Contains("coreos.com", StringComparison.Ordinal) && !((string)one["apiVersion"]!).Contains("cert-manager", StringComparison.Ordinal) && (string)one["kind"]! != "Pod"))
            {
                (int code, string errors) = Kubectl(folder, one, dry: true);
                Assert.True(code == 0, errors);
            }

            // Pod security judges pods, not what makes them.
            foreach (PodShape pod in rendering.Pods())
            {
                JsonObject spec = pod.Spec.DeepClone().AsObject();
                spec.Remove("serviceAccountName");
                foreach (JsonNode? claim in (JsonArray?)pod.Owner["spec"]!["volumeClaimTemplates"] ?? [])
                {
                    spec["volumes"]!.AsArray().Add(new JsonObject { ["name"] = (string)claim!["metadata"]!["name"]!, ["emptyDir"] = new JsonObject() });
                }

                var bare = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = new JsonObject { ["name"] = "try", ["namespace"] = space, ["labels"] = pod.Labels.DeepClone() }, ["spec"] = spec };
                (int code, string errors) = Kubectl(folder, bare, dry: true);
                bool wanted = level == "privileged" || PodSecurity.Violations(pod).Count == 0;
                if (wanted || level == "restricted") Assert.True((code == 0) == wanted, $"{name}: {pod.Component} in {level}: {errors}");
            }
        }
    }

    /// <summary>The version of the server that kubectl reaches, for the renderer.</summary>
    private static string Server()
    {
        if (Environment.GetEnvironmentVariable("KUBECONFIG") is not { Length: > 0 }) throw SkipTestException.Because("there is no API server (KUBECONFIG names none)", "SCOUT_REQUIRE_KUBERNETES");
        try
        {
            (int code, string output, string errors) = Programs.Run("kubectl", ["version", "-o", "json"], TimeSpan.FromSeconds(30));
            if (code != 0) throw SkipTestException.Because($"kubectl reaches no API server: {errors.Trim()}", "SCOUT_REQUIRE_KUBERNETES");
            JsonNode version = JsonNode.Parse(output)!["serverVersion"]!;
            return $"{version["major"]}.{((string)version["minor"]!).TrimEnd('+')}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw SkipTestException.Because("there is no kubectl", "SCOUT_REQUIRE_KUBERNETES");
        }
    }

    private static (int Code, string Errors) Kubectl(TempFolder folder, JsonObject one, bool dry)
    {
        string file = folder.Write("one.json", one.ToJsonString());
        string[] how = dry ? ["--dry-run=server", "--validate=strict"] : [];
        (int code, _, string errors) = Programs.Run("kubectl", ["apply", "-f", file, .. how], TimeSpan.FromMinutes(1));
        return (code, errors);
    }
}
