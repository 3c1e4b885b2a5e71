using System.Globalization;
using System.Text.Json.Nodes;

namespace Scout.Chart.Tests;

/// <summary>NetworkPolicies as truth tables: who reaches whom at which port, from outside of the pod and from inside.</summary>
public sealed class NetworkPolicyTests
{
    // A row: from; then the ports of the components at which it gets in, by the policy of the target alone.
    private const string Incoming = """
        server      server:http server:mesh-tcp server:mesh-udp server:other broker:client
        broker      broker:client broker:cluster
        traffic     broker:client
        test        server:http broker:client
        prometheus  server:http broker:http traffic:http
        gateway     broker:client
        stranger
        """;

    private const string IncomingWithoutIcmp = """
        server      server:mesh-tcp server:mesh-udp broker:client
        broker      broker:client broker:cluster
        traffic     broker:client
        test        server:http broker:client
        prometheus  server:http broker:http traffic:http
        gateway     broker:client
        stranger
        """;

    // A row: component; then what it gets out to.
    private const string Outgoing = """
        server      dns server broker ten
        broker      dns broker broker:6222 api
        traffic     api
        """;

    // Without rights at the API, nobody goes there.
    private const string OutgoingWithoutApi = """
        server      dns server broker ten
        broker      dns broker broker:6222
        traffic
        """;

    private static readonly string[] Targets =
        ["server:http", "server:mesh-tcp", "server:mesh-udp", "server:other", "broker:client", "broker:cluster", "broker:http", "traffic:http"];

    [Theory]
    [InlineData(Incoming)]
    [InlineData(IncomingWithoutIcmp, "--set", "networkPolicy.icmp=false")]
    public void Who_gets_in_is_this_table(string table, params string[] set)
    {
        Rendering rendering = Rendering.With("scout", "1.32", ["--values", Rendering.ValuesOf("network-policy"), .. set]);

        Assert.Equal(Lines(table), (string[])[.. Sources.Select(from => Row(from.Name, Targets.Where(target => Enters(rendering, from, target))))]);
    }

    [Theory]
    [InlineData(Outgoing)]
    [InlineData(OutgoingWithoutApi, "--set", "broker.kubernetes.pods=false,broker.kubernetes.nodes=false,traffic.kubernetes=false")]
    public void Who_gets_out_is_this_table(string table, params string[] set)
    {
        Rendering rendering = Rendering.With("scout", "1.32", ["--values", Rendering.ValuesOf("network-policy"), "--set-json", "networkPolicy.apiServer.cidrs=[\"192.0.2.4/32\"]", .. set]);

        Assert.Equal(Lines(table), (string[])[.. Components.Select(from => Row(from, Places.Where(place => Leaves(rendering, from, place)).Select(static place => place.Name)))]);
    }

    [Fact]
    public void Without_metricsFrom_nobody_may_scrape_and_without_serverEgress_checks_go_anywhere()
    {
        Rendering rendering = Rendering.Of("full");

        Assert.DoesNotContain(Targets.Where(static target => target.EndsWith(":http", StringComparison.Ordinal) && !target.StartsWith("traffic", StringComparison.Ordinal)), target => Enters(rendering, Sources.Single(static one => one.Name == "prometheus"), target));
        Assert.Equal(["Ingress"], Policy(rendering, "server")["policyTypes"]!.AsArray().Select(static one => (string)one!));
    }

    [Fact]
    public void The_test_pod_has_a_label_that_no_selector_asks_for()
    {
        Rendering rendering = Rendering.Of("network-policy");
        IEnumerable<JsonNode?> selectors = rendering.Objects.Select(static one => (string?)one["kind"] == "Service" ? one["spec"]!["selector"] : one["spec"]?["podSelector"]?["matchLabels"] ?? one["spec"]?["selector"]?["matchLabels"]);

        Assert.All(selectors.OfType<JsonNode>(), static selector => Assert.NotEqual("test", (string?)selector["app.kubernetes.io/component"]));
    }

    private static readonly string[] Components = ["server", "broker", "traffic"];

    private static IEnumerable<Source> Sources { get; } =
    [
        .. ((string[])["server", "broker", "traffic", "test"]).Select(static one => new Source(one, Labels(one), "monitoring")),
        new("prometheus", new JsonObject { ["app"] = "prometheus" }, "observability"),
        new("gateway", new JsonObject { ["app"] = "gateway" }, "monitoring"),
        new("stranger", new JsonObject { ["app"] = "shop" }, "shop"),
    ];

    private static IEnumerable<Place> Places { get; } =
    [
        new("dns", null, "192.0.2.1", 53), new("server", Labels("server"), "192.0.2.2", 8620), new("broker", Labels("broker"), "192.0.2.3", 4222), new("broker:6222", Labels("broker"), "192.0.2.3", 6222),
        new("api", null, "192.0.2.4", 443), new("ten", null, "10.1.2.3", 80), new("anywhere", null, "192.0.2.5", 80),
    ];

    private static JsonObject Labels(string component) => new() { ["app.kubernetes.io/name"] = "scout", ["app.kubernetes.io/instance"] = "scout", ["app.kubernetes.io/component"] = component };

    private static string[] Lines(string table) => [.. table.Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))];

    private static string Row(string name, IEnumerable<string> cells) => string.Join(' ', cells.Prepend(name));

    private static JsonNode Policy(Rendering rendering, string component) =>
        rendering.OfKind("NetworkPolicy").Single(one => (string?)one["spec"]!["podSelector"]!["matchLabels"]!["app.kubernetes.io/component"] == component)["spec"]!;

    private static bool Enters(Rendering rendering, Source from, string target)
    {
        string[] words = target.Split(':');
        return ((JsonArray?)Policy(rendering, words[0])["ingress"] ?? []).Any(rule => PortFits(rule!, words[1], null) && PeerFits(rule!["from"] as JsonArray, from.Labels, from.Namespace, "192.0.2.9"));
    }

    private static bool Leaves(Rendering rendering, string component, Place place)
    {
        JsonNode policy = Policy(rendering, component);
        if (policy["policyTypes"]!.AsArray().All(static one => (string?)one != "Egress")) return true;
        return ((JsonArray?)policy["egress"] ?? []).Any(rule => PortFits(rule!, "", place.Port) && PeerFits(rule!["to"] as JsonArray, place.Labels, place.Labels is null ? "elsewhere" : "monitoring", place.Address));
    }

    private static bool PortFits(JsonNode rule, string name, int? number) =>
        rule["ports"] is not JsonArray { Count: > 0 } ports || ports.Any(one => number is { } wanted ? (long?)one!["port"] == wanted : one!["port"]!.ToString() == name);

    // An empty list and a missing one both mean: everybody.
    private static bool PeerFits(JsonArray? peers, JsonObject? labels, string space, string address) => peers is not { Count: > 0 } || peers.Any(peer =>
        peer!["ipBlock"] is { } block
            ? Inside((string)block["cidr"]!, address)
            : NamespaceFits(peer["namespaceSelector"], space) && labels is not null && (peer["podSelector"]?["matchLabels"] is not JsonObject wanted || wanted.All(label => (string?)labels[label.Key] == (string?)label.Value)));

    private static bool NamespaceFits(JsonNode? selector, string space) =>
        selector is null ? space == "monitoring" : selector["matchLabels"] is not JsonObject wanted || wanted.All(label => label.Key == "kubernetes.io/metadata.name" && (string?)label.Value == space);

    private static bool Inside(string cidr, string address)
    {
        string[] parts = cidr.Split('/');
        int bits = int.Parse(parts[1], CultureInfo.InvariantCulture);
        static uint Number(string text) => text.Split('.').Aggregate(0u, static (sum, part) => (sum << 8) + uint.Parse(part, CultureInfo.InvariantCulture));
        return bits == 0 || Number(parts[0]) >> (32 - bits) == Number(address) >> (32 - bits);
    }

    private sealed record Source(string Name, JsonObject Labels, string Namespace);

    private sealed record Place(string Name, JsonObject? Labels, string Address, int Port);
}
