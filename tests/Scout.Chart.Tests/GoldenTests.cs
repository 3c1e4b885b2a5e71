using System.Text.Json.Nodes;
using Scout.Testing;

namespace Scout.Chart.Tests;

/// <summary>What an upgrade within a major version must find as it was: names of services and volumes, selectors, ports.</summary>
public sealed class GoldenTests
{
    private static readonly string File = Path.Combine(Repository.Root, "tests", "Scout.Chart.Tests", "golden", "names.txt");

    [Fact]
    public void Names_that_an_upgrade_relies_on_do_not_change()
    {
        string[] now = [.. ((string[])["broker", "broker-cluster", "traffic", "service-monitor"]).SelectMany(static name => Lines(Rendering.Of(name))).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

        // A line more is an addition; a line less, or another one, breaks an upgrade: it waits for the next major version.
        Assert.Equal(System.IO.File.ReadAllLines(File), now);
    }

    private static IEnumerable<string> Lines(Rendering rendering)
    {
        foreach (JsonObject one in rendering.Objects)
        {
            string kind = (string)one["kind"]!;
            string name = $"{kind} {one["metadata"]!["name"]}";
            if (kind == "Service")
            {
                foreach (JsonNode? port in one["spec"]!["ports"]!.AsArray()) yield return $"{name} port {port!["name"]} {port["port"]} {port["protocol"]} to {port["targetPort"]}";
                yield return $"{name} {(one["spec"]!["clusterIP"] is null ? "cluster address" : "headless")} selector {Selector(one["spec"]!["selector"]!)}";
            }
            else if (kind is "DaemonSet" or "StatefulSet")
            {
                yield return $"{name} selector {Selector(one["spec"]!["selector"]!["matchLabels"]!)}";
                if (one["spec"]!["serviceName"] is { } service) yield return $"{name} service {service}";
                foreach (JsonNode? claim in (JsonArray?)one["spec"]!["volumeClaimTemplates"] ?? []) yield return $"{name} claim {claim!["metadata"]!["name"]}";
            }
        }
    }

    private static string Selector(JsonNode selector) => string.Join(' ', selector.AsObject().Select(static entry => $"{entry.Key}={entry.Value}").Order(StringComparer.Ordinal));
}
