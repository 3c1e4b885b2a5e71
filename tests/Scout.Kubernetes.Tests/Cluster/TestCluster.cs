using System.Collections;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Kubernetes.Fake;
using Scout.Testing;

namespace Scout.Kubernetes.Tests.Cluster;

/// <summary>
/// A namespace of its own on an API server: a real one when KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT and SCOUT_SA_DIR name it (a reader's account), and KUBECONFIG for
/// writing namespaces and config maps (without it the reader's token must be allowed to); the fake otherwise. SCOUT_REQUIRE_KUBERNETES=1 makes "no real one" a failure.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly HttpClient writer;
    private readonly List<IAsyncDisposable> owned = [];
    private readonly List<IDisposable> held = [];
    private readonly string space;

    private TestCluster(ClusterConnection to, KubeConfig with, string name)
    {
        space = $"scout-test-{name}-{Environment.ProcessId}";
        Client = new KubernetesClient(to, new KubernetesClientOptions { PageSize = 3, HeadersTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System, NullLogger<KubernetesClient>.Instance);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(with.CaPem);
        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        if (with.Certificate is { } certificate) tls.ClientCertificates = [certificate];
        writer = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = tls }) { BaseAddress = with.Server };
        if (with.Token is { } token) writer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public KubernetesClient Client { get; }

    /// <summary>Not the fake.</summary>
    public bool IsReal { get; private init; }

    public static async Task<TestCluster> OpenAsync(string name)
    {
        Dictionary<string, string> environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "");
        TestCluster cluster;
        if (environment.ContainsKey("KUBERNETES_SERVICE_HOST") && environment.ContainsKey("SCOUT_SA_DIR"))
        {
            ClusterConnection to = ClusterConnection.FromPod(environment, out string whyNot) ?? throw new InvalidOperationException(whyNot);
            cluster = new TestCluster(to, environment.GetValueOrDefault("KUBECONFIG") is { Length: > 0 } file ? KubeConfig.Read(file) : Reader(to), name) { IsReal = true };
        }
        else
        {
            if (environment.GetValueOrDefault("SCOUT_REQUIRE_KUBERNETES") == "1") throw new InvalidOperationException("no real API server (SCOUT_REQUIRE_KUBERNETES=1 wants one)");
            var folder = new TempFolder();
            var authority = new TestAuthority();
            var api = new FakeApi(new FakeCluster(TimeProvider.System));
            api.Accounts.Add("token");
            FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]));
            var to = new ClusterConnection(server.Address, folder.Write("ca.crt", authority.CaPem), folder.Write("token", "token"), "default");
            cluster = new TestCluster(to, Reader(to), name);
            cluster.owned.Add(server);
            cluster.held.AddRange([folder, authority]);
        }

        await cluster.SendAsync(HttpMethod.Post, "api/v1/namespaces", Named(cluster.space, "scout"), "application/json");
        return cluster;
    }

    private static KubeConfig Reader(ClusterConnection to) => new(to.Server, File.ReadAllText(to.CaFile), File.ReadAllText(to.TokenFile).Trim(), null);

    public Scope Scope(string labels) => new(space, labels);

    public Task CreateAsync(string name, string app) => SendAsync(HttpMethod.Post, $"api/v1/namespaces/{space}/configmaps", Named(name, app), "application/json");

    public Task PatchAsync(string name, JsonObject patch) => SendAsync(HttpMethod.Patch, $"api/v1/namespaces/{space}/configmaps/{name}", patch, "application/merge-patch+json");

    public Task DeleteAsync(string name) => SendAsync(HttpMethod.Delete, $"api/v1/namespaces/{space}/configmaps/{name}", null, "");

    private static JsonObject Named(string name, string app) => new() { ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["app"] = app } } };

    private async Task SendAsync(HttpMethod method, string path, JsonObject? body, string type)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, type);
        using HttpResponseMessage answer = await writer.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public async ValueTask DisposeAsync()
    {
        await SendAsync(HttpMethod.Delete, $"api/v1/namespaces/{space}", null, "");
        writer.Dispose();
        await Client.DisposeAsync();
        foreach (IAsyncDisposable one in owned) await one.DisposeAsync();
        foreach (IDisposable one in held) one.Dispose();
    }
}
