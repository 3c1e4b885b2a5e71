using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Kubernetes.Fake;
using Scout.Testing;

namespace Scout.Kubernetes.Tests.Connection;

/// <summary>Real sockets and TLS on loopback. Nothing here waits for time to pass.</summary>
public sealed class ApiConnectionTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TestAuthority authority = new();
    private readonly FakeApi api = new(new FakeCluster(TimeProvider.System));

    public ApiConnectionTests()
    {
        api.Accounts.Add("secret-token");
        api.Cluster.Put(FakeResource.Pods, "default", "a", MirrorWorld.Pod("scout", "n1"));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    public async Task Http_2_is_spoken_where_the_server_can_and_the_request_says_who_asks(HttpProtocols offered, string spoken)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]), offered);
        await using KubernetesClient client = Client(server);
        Assert.Single((await ListAsync(client)).Items);
        FakeRequest request = api.Requests[0];
        Assert.Equal(spoken, request.Protocol);
        Assert.Equal("Bearer secret-token", request.Authorization);
        Assert.Matches(@"^scout/1\.2\.3 \(linux/[a-z0-9]+\) tests$", request.UserAgent);
    }

    [Theory]
    [InlineData("other authority")]
    [InlineData("other name")]
    [InlineData("expired")]
    [InlineData("self-signed")]
    public async Task A_certificate_that_the_cluster_did_not_give_for_this_address_is_refused(string what)
    {
        using var other = new TestAuthority("other");
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        X509Certificate2 shown = what switch
        {
            "other authority" => other.Issue(["127.0.0.1"]),
            "other name" => authority.Issue(["10.9.9.9", "kubernetes.default.svc"]),
            "expired" => authority.Issue(["127.0.0.1"], now.AddDays(-2), now.AddDays(-1)),
            _ => TestAuthority.SelfSigned("127.0.0.1"),
        };
        await using FakeApiServer server = await FakeApiServer.StartAsync(api, shown);
        await using KubernetesClient client = Client(server);
        KubernetesException error = await Assert.ThrowsAsync<KubernetesException>(() => ListAsync(client));
        Assert.Equal(ApiFailure.Untrusted, error.Failure);
        Assert.Contains("ca.crt", error.Message);
        Assert.Empty(api.Requests);
    }

    [Fact]
    public async Task A_new_authority_is_trusted_as_soon_as_its_file_is_there()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]));
        await using KubernetesClient client = Client(server);
        await ListAsync(client);
        using var other = new TestAuthority("other");
        server.Exchange(other.Issue(["127.0.0.1"]));
        folder.Write("ca.crt", "");
        await ListAsync(client);
        folder.Write("ca.crt", other.CaPem);
        Assert.Single((await ListAsync(client)).Items);
    }

    [Fact]
    public async Task A_large_list_comes_packed()
    {
        api.Cluster.Padding = 4_000;
        for (int i = 0; i < 100; i++) api.Cluster.Put(FakeResource.Pods, "default", $"p{i}", MirrorWorld.Pod("scout", "n1"));
        await using FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]));
        await using KubernetesClient client = Client(server);
        Assert.Equal(101, (await ListAsync(client)).Items.Count);
    }

    [Theory]
    [InlineData(HttpProtocols.Http2)]
    [InlineData(HttpProtocols.Http1)]
    public async Task A_connection_that_breaks_is_told_as_such(HttpProtocols offered)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]), offered);
        await using KubernetesClient client = Client(server);
        api.Faults.Add(new Fault { Verb = "list", ResetInList = true });
        KubernetesException error = await Assert.ThrowsAsync<KubernetesException>(() => ListAsync(client));
        Assert.Equal(ApiFailure.Disconnected, error.Failure);
        Assert.Single((await ListAsync(client)).Items);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_line_that_forwards_nothing_any_more_is_given_up_by_pings_though_it_stays_open(bool whileListing)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]), HttpProtocols.Http2);
        await using var relay = new FaultProxy(server.Address.Port);
        await using KubernetesClient client = Client(server, new Uri($"https://127.0.0.1:{relay.Port}/"), TimeSpan.FromSeconds(1));
        Listing<PodObject> listing = await ListAsync(client);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await using IAsyncEnumerator<WatchEvent<PodObject>> watch = client.WatchAsync(ResourceKinds.Pods(), new Scope(), listing.ResourceVersion, stop.Token).GetAsyncEnumerator(stop.Token);
        ValueTask<bool> next = watch.MoveNextAsync();
        await Until.TrueAsync("the watch is open", () => api.OpenWatches == 1, TimeSpan.FromSeconds(30), () => "");
        relay.Stall();
        Task<Listing<PodObject>>? listed = whileListing ? ListAsync(client) : null;
        KubernetesException error = await Assert.ThrowsAsync<KubernetesException>(async () => await next);
        Assert.Equal(ApiFailure.Disconnected, error.Failure);
        if (listed is not null) await Assert.ThrowsAsync<KubernetesException>(() => listed);
        relay.Resume();
        Assert.Single((await ListAsync(client)).Items);
    }

    [Fact]
    public async Task Nobody_there_is_told_with_the_address_and_without_the_token()
    {
        FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]));
        await using KubernetesClient client = Client(server);
        await server.DisposeAsync();
        KubernetesException error = await Assert.ThrowsAsync<KubernetesException>(() => ListAsync(client));
        Assert.Equal(ApiFailure.Unreachable, error.Failure);
        Assert.Contains(server.Address.Authority, error.Message);
        Assert.DoesNotContain("secret-token", error.ToString());
    }

    [Theory]
    [InlineData("token")]
    [InlineData("ca.crt")]
    public async Task A_file_that_is_missing_is_named(string name)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]));
        await using KubernetesClient client = Client(server);
        File.Delete(folder.File(name));
        KubernetesException error = await Assert.ThrowsAsync<KubernetesException>(() => ListAsync(client));
        Assert.Equal(ApiFailure.NotConfigured, error.Failure);
        Assert.Contains(folder.File(name), error.Message);
    }

    [Fact]
    public async Task A_watch_over_tls_gives_what_is_written_meanwhile()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(api, authority.Issue(["127.0.0.1"]));
        await using KubernetesClient client = Client(server);
        Listing<PodObject> listing = await ListAsync(client);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await using IAsyncEnumerator<WatchEvent<PodObject>> watch =
            client.WatchAsync(ResourceKinds.Pods(), new Scope(), listing.ResourceVersion, stop.Token).GetAsyncEnumerator(stop.Token);
        ValueTask<bool> next = watch.MoveNextAsync();
        api.Cluster.Put(FakeResource.Pods, "default", "b", MirrorWorld.Pod("scout", "n2"));
        Assert.True(await next);
        Assert.Equal((WatchEventType.Added, "b", "n2"), (watch.Current.Type, watch.Current.Object!.Key.Name, watch.Current.Object.NodeName));
        api.Cluster.Delete(FakeResource.Pods, "default", "a");
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((WatchEventType.Deleted, "a"), (watch.Current.Type, watch.Current.Object!.Key.Name));
    }

    private static Task<Listing<PodObject>> ListAsync(KubernetesClient client) => client.ListAsync(ResourceKinds.Pods(), new Scope(), ListFrom.Cache, default);

    private KubernetesClient Client(FakeApiServer server, Uri? relay = null, TimeSpan? ping = null)
    {
        var to = new ClusterConnection(relay ?? server.Address, folder.Write("ca.crt", authority.CaPem), folder.Write("token", "secret-token\n"), "default");
        var options = new KubernetesClientOptions
        {
            Version = "1.2.3",
            Component = "tests",
            ConnectTimeout = TimeSpan.FromSeconds(30),
            HeadersTimeout = TimeSpan.FromSeconds(30),
            PingDelay = ping ?? TimeSpan.FromSeconds(30),
            PingTimeout = ping ?? TimeSpan.FromSeconds(15),
        };
        return new KubernetesClient(to, options, TimeProvider.System, NullLogger<KubernetesClient>.Instance);
    }

    public void Dispose()
    {
        authority.Dispose();
        folder.Dispose();
    }
}
