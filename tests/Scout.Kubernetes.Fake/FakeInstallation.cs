using System.Text.Json.Nodes;
using Scout.Testing;

namespace Scout.Kubernetes.Fake;

/// <summary>A cluster behind TLS on loopback, what a pod in it is given, and words for what Scout runs there.</summary>
public sealed class FakeInstallation : IAsyncDisposable
{
    public const string Token = "first-token";

    private readonly TempFolder folder = new();
    private readonly TestAuthority authority = new();

    private FakeInstallation()
    {
        Cluster = new FakeCluster(TimeProvider.System);
        Api = new FakeApi(Cluster);
        Api.Accounts.Add(Token);
    }

    public FakeCluster Cluster { get; }

    public FakeApi Api { get; }

    public FakeApiServer Server { get; private set; } = null!;

    /// <summary>Where the pod and its kind live.</summary>
    public string Namespace { get; private init; } = "scout";

    /// <summary>Folder of token, CA and namespace.</summary>
    public string AccountFolder => folder.Path;

    /// <summary>The variables that the kubelet gives, and where the account is.</summary>
    public Dictionary<string, string> Environment => new(StringComparer.Ordinal)
    {
        ["KUBERNETES_SERVICE_HOST"] = Server.Address.Host,
        ["KUBERNETES_SERVICE_PORT"] = Server.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["SCOUT_SA_DIR"] = AccountFolder,
    };

    public static async Task<FakeInstallation> StartAsync(string space = "scout")
    {
        var made = new FakeInstallation { Namespace = space };
        made.folder.Write("token", Token + "\n");
        made.folder.Write("ca.crt", made.authority.CaPem);
        made.folder.Write("namespace", space);
        made.Server = await FakeApiServer.StartAsync(made.Api, made.authority.Issue(["127.0.0.1"]));
        return made;
    }

    /// <summary>A node of the cluster, made or changed.</summary>
    public void Node(string name, string zone = "", bool ready = true, bool cordoned = false)
    {
        var labels = new JsonObject { ["kubernetes.io/hostname"] = name };
        if (zone.Length > 0) labels["topology.kubernetes.io/zone"] = zone;
        var spec = new JsonObject();
        if (cordoned) spec["unschedulable"] = true;
        Cluster.Put(FakeResource.Nodes, "", name, new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = labels },
            ["spec"] = spec,
            ["status"] = new JsonObject
            {
                ["conditions"] = Ready(ready),
                ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = "192.0.2.1" }),
            },
        });
    }

    /// <summary>A server pod with the chart's labels, bound to a node.</summary>
    public void ServerPod(string name, string node, params string[] addresses) => Pod(name, node, Labels("server"), addresses);

    public void Pod(string name, string node, JsonObject labels, params string[] addresses) => Cluster.Put(FakeResource.Pods, Namespace, name, new JsonObject
    {
        ["metadata"] = new JsonObject { ["labels"] = labels },
        ["spec"] = new JsonObject { ["nodeName"] = node },
        ["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["hostIP"] = "192.0.2.1",
            ["podIPs"] = new JsonArray([.. addresses.Select(static one => (JsonNode)new JsonObject { ["ip"] = one })]),
            ["conditions"] = Ready(true),
        },
    });

    /// <summary>A pod on its way out: it has a <c>deletionTimestamp</c> and is still there.</summary>
    public void Leaving(string name)
    {
        var pod = (JsonObject)Cluster.Find(FakeResource.Pods, Namespace, name)!.Json.DeepClone();
        pod["metadata"]!["deletionTimestamp"] = "2030-01-01T00:00:00Z";
        Cluster.Put(FakeResource.Pods, Namespace, name, pod);
    }

    public void Gone(string name) => Cluster.Delete(FakeResource.Pods, Namespace, name);

    public static JsonObject Labels(string component) => new() { ["app.kubernetes.io/name"] = "scout", ["app.kubernetes.io/instance"] = "r1", ["app.kubernetes.io/component"] = component };

    private static JsonArray Ready(bool ready) => new(new JsonObject { ["type"] = "Ready", ["status"] = ready ? "True" : "False" });

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        authority.Dispose();
        folder.Dispose();
    }
}
