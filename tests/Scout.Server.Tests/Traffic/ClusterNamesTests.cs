using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Kubernetes.Fake;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Life;
using Scout.Server.Traffic;
using Scout.Traffic;
using Scout.Traffic.Names;

namespace Scout.Server.Tests.Traffic;

public sealed class ClusterNamesTests
{
    [Fact]
    public async Task Pods_of_this_machine_services_and_endpoints_get_their_names_and_no_others_are_asked_for()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        Fill(cluster);
        await using NodeCluster node = Open(cluster, ServiceScope.All);
        ClusterNames names = Names(node, ServiceScope.All);
        Assert.Null(names.Current);
        names.Start();
        await Wait.UntilAsync(() => names.Current is { Pods.Count: 2, Services.Count: 3, Endpoints.Count: 1 }, () => Words(names));
        TrafficNames now = names.Current!;
        Assert.Equal(["api-1", "static-1"], now.Pods.Select(pod => pod.Name).Order(StringComparer.Ordinal));
        Assert.Equal("0123456789abcdef0123456789abcdef", now.Pods.Single(pod => pod.Name == "static-1").ConfigHash);
        TrafficService api = now.Services.Single(one => one.Name == "api");
        Assert.Equal((TrafficServiceType.LoadBalancer, "10.96.0.10 fd00::a", "192.0.2.50 198.51.100.7"), (api.Type, string.Join(' ', api.ClusterIps), string.Join(' ', api.ExternalAddresses)));
        Assert.Equal([new TrafficPort(443, 6), new TrafficPort(53, 17)], api.Ports);
        Assert.Empty(now.Services.Single(one => one.Name == "db").ClusterIps);
        TrafficEndpoints slice = Assert.Single(now.Endpoints);
        Assert.Equal(("shop", "api", "10.1.0.1 10.1.0.2"), (slice.Namespace, slice.Service, string.Join(' ', slice.Addresses)));
        Assert.Equal([new TrafficPort(8443, 6)], slice.Ports);
        Assert.Same(now, names.Current);
        Assert.All(cluster.Api.Requests.Where(request => request.Plural == "pods"), request => Assert.Equal("spec.nodeName=n1", request.Ask("fieldSelector")));
        cluster.Cluster.Delete(FakeResource.Services, "shop", "db");
        await Wait.UntilAsync(() => names.Current!.Services.Count == 2, () => Words(names));
    }

    [Theory]
    [InlineData(ServiceScope.ClusterIp, "pods services")]
    [InlineData(ServiceScope.None, "pods")]
    public async Task What_is_not_wanted_is_not_watched(ServiceScope scope, string kinds)
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        Fill(cluster);
        await using NodeCluster node = Open(cluster, scope);
        ClusterNames names = Names(node, scope);
        names.Start();
        await Wait.UntilAsync(() => names.Current is { Pods.Count: 2 } && cluster.Api.OpenWatches == kinds.Split(' ').Length, () => Words(names));
        Assert.Equal(kinds.Split(' '), cluster.Api.Requests.Select(request => request.Plural).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(names.Current!.Endpoints);
    }

    [Fact]
    public async Task When_the_API_says_no_series_carry_the_uid_and_when_it_says_yes_later_the_name()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        cluster.Api.Accounts.Add(FakeInstallation.Token, "traffic", new FakeRule(Resource: "none"));
        Fill(cluster);
        await using NodeCluster node = Open(cluster, ServiceScope.None);
        ClusterNames names = Names(node, ServiceScope.None);
        names.Start();
        await Wait.UntilAsync(() => names.Current is null && cluster.Api.Requests.Count > 0, () => Words(names));
    }

    [Fact]
    public async Task Without_the_name_of_the_machine_there_are_no_names_and_the_log_says_so()
    {
        await using FakeInstallation cluster = await FakeInstallation.StartAsync();
        await using NodeCluster node = Open(cluster, ServiceScope.All, machine: "");
        ClusterNames names = Names(node, ServiceScope.All);
        names.Start();
        Assert.Null(names.Current);
        Assert.Empty(cluster.Api.Requests);
    }

    private static void Fill(FakeInstallation cluster)
    {
        Pod(cluster, "api-1", "n1");
        Pod(cluster, "api-2", "n2");
        Pod(cluster, "static-1", "n1", "0123456789abcdef0123456789abcdef");
        Service(cluster, "api", """{"type":"LoadBalancer","clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10","fd00::a"],"externalIPs":["192.0.2.50"],"ports":[{"port":443,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}""", """{"loadBalancer":{"ingress":[{"ip":"198.51.100.7"},{"hostname":"x"}]}}""");
        Service(cluster, "db", """{"type":"ClusterIP","clusterIP":"None","clusterIPs":["None"],"ports":[{"port":5432}]}""");
        Service(cluster, "far", """{"type":"ExternalName","externalName":"example.org"}""");
        Slice(cluster, "api-x", "api", "IPv4", """["10.1.0.1"]""", """["10.1.0.2"]""");
        Slice(cluster, "api-names", "api", "FQDN", """["example.org"]""", """["example.net"]""");
        Slice(cluster, "nobodys", "", "IPv4", """["10.1.0.3"]""", """["10.1.0.4"]""");
    }

    private static void Pod(FakeInstallation cluster, string name, string node, string hash = "")
    {
        var metadata = new JsonObject();
        if (hash.Length > 0) metadata["annotations"] = new JsonObject { ["kubernetes.io/config.hash"] = hash };
        cluster.Cluster.Put(FakeResource.Pods, "shop", name, new JsonObject { ["metadata"] = metadata, ["spec"] = new JsonObject { ["nodeName"] = node }, ["status"] = new JsonObject { ["phase"] = "Running" } });
    }

    private static void Service(FakeInstallation cluster, string name, string spec, string status = "{}") =>
        cluster.Cluster.Put(FakeResource.Services, "shop", name, new JsonObject { ["metadata"] = new JsonObject(), ["spec"] = JsonNode.Parse(spec), ["status"] = JsonNode.Parse(status) });

    private static void Slice(FakeInstallation cluster, string name, string service, string type, string first, string second)
    {
        var labels = new JsonObject();
        if (service.Length > 0) labels["kubernetes.io/service-name"] = service;
        cluster.Cluster.Put(FakeResource.EndpointSlices, "shop", name, new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = labels },
            ["addressType"] = type,
            ["ports"] = JsonNode.Parse("""[{"name":"https","port":8443,"protocol":"TCP"},{"name":"any","port":null,"protocol":"TCP"}]"""),
            ["endpoints"] = new JsonArray(
                new JsonObject { ["addresses"] = JsonNode.Parse(first), ["conditions"] = new JsonObject { ["ready"] = true }, ["nodeName"] = "n1", ["targetRef"] = new JsonObject { ["uid"] = "u" } },
                new JsonObject { ["addresses"] = JsonNode.Parse(second), ["conditions"] = new JsonObject { ["ready"] = false } }),
        });
    }

    private static NodeCluster Open(FakeInstallation cluster, ServiceScope scope, string machine = "n1")
    {
        Dictionary<string, string> environment = cluster.Environment;
        environment["NODE_NAME"] = machine;
        return NodeCluster.Open(
            new ServerOptions { Node = "n1__traffic", Machines = "/m", Data = "/d", Traffic = Settings(scope) },
            new NodeContext { Error = TextWriter.Null, Environment = environment, WorkingFolder = "/" },
            NullLoggerFactory.Instance);
    }

    private static ClusterNames Names(NodeCluster cluster, ServiceScope scope) => new(Settings(scope), cluster, NullLogger.Instance);

    private static TrafficSettings Settings(ServiceScope scope) => new() { Mode = TrafficMode.On, Options = new TrafficOptions { Services = scope } };

    private static string Words(ClusterNames names) => names.Current is { } now ? $"{now.Pods.Count} pods, {now.Services.Count} services, {now.Endpoints.Count} slices" : "no API";
}
