using System.Text.Json.Nodes;
using Scout.Testing;

namespace Scout.Kubernetes.Tests.Cluster;

/// <summary>What holds against any API server: the fake, or a real one when the variables of a pod point at it.</summary>
public sealed class ClusterSuiteTests
{
    private static readonly ResourceKind<MetadataObject> ConfigMaps = ResourceKinds.Metadata("", "v1", "configmaps", "app");

    [Fact]
    public async Task Pages_have_all_objects_and_one_version()
    {
        await using TestCluster cluster = await TestCluster.OpenAsync("pages");
        for (int i = 0; i < 7; i++) await cluster.CreateAsync($"c{i}", "scout");
        Listing<MetadataObject> listing = await cluster.Client.ListAsync(ConfigMaps, cluster.Scope("app=scout"), ListFrom.Latest, default);
        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"c{i}"), listing.Items.Select(item => item.Key.Name).Order(StringComparer.Ordinal));
        Assert.NotEqual("", listing.ResourceVersion);
    }

    [Fact]
    public async Task A_watch_tells_creation_change_leaving_the_selector_and_deletion()
    {
        await using TestCluster cluster = await TestCluster.OpenAsync("watch");
        Scope scope = cluster.Scope("app=scout");
        Listing<MetadataObject> listing = await cluster.Client.ListAsync(ConfigMaps, scope, ListFrom.Latest, default);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await using IAsyncEnumerator<WatchEvent<MetadataObject>> watch = cluster.Client.WatchAsync(ConfigMaps, scope, listing.ResourceVersion, stop.Token).GetAsyncEnumerator(stop.Token);
        await cluster.CreateAsync("a", "scout");
        await cluster.CreateAsync("unseen", "other");
        await cluster.PatchAsync("a", new JsonObject { ["data"] = new JsonObject { ["x"] = "y" } });
        await cluster.PatchAsync("a", Label("other"));
        await cluster.PatchAsync("a", Label("scout"));
        await cluster.DeleteAsync("a");
        var seen = new List<WatchEventType>();
        while (seen.Count < 5 && await watch.MoveNextAsync())
        {
            if (watch.Current.Type == WatchEventType.Bookmark) continue;
            Assert.Equal("a", watch.Current.Object!.Key.Name);
            seen.Add(watch.Current.Type);
        }

        Assert.Equal([WatchEventType.Added, WatchEventType.Modified, WatchEventType.Deleted, WatchEventType.Added, WatchEventType.Deleted], seen);
    }

    [Fact]
    public async Task A_mirror_has_what_was_written_and_forgets_what_was_deleted()
    {
        await using TestCluster cluster = await TestCluster.OpenAsync("mirror");
        await cluster.CreateAsync("before", "scout");
        using var stop = new CancellationTokenSource();
        var mirror = new Mirror<MetadataObject>(cluster.Client, ConfigMaps, cluster.Scope("app=scout"), static _ => { }, 1);
        Task running = mirror.RunAsync(stop.Token);
        await HoldsAsync(mirror, "before");
        await cluster.CreateAsync("after", "scout");
        await HoldsAsync(mirror, "after before");
        string version = mirror.Objects.Values.Single(one => one.Key.Name == "after").ResourceVersion;
        await cluster.PatchAsync("after", new JsonObject { ["data"] = new JsonObject { ["x"] = "y" } });
        await Until.TrueAsync("the change is seen", () => mirror.Objects.Values.Any(one => one.Key.Name == "after" && one.ResourceVersion != version), TimeSpan.FromSeconds(30), () => mirror.Status.ToString());
        await cluster.DeleteAsync("before");
        await HoldsAsync(mirror, "after");
        Assert.Equal(MirrorState.Live, mirror.Status.State);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_version_that_is_no_number_is_refused()
    {
        await using TestCluster cluster = await TestCluster.OpenAsync("number");
        KubernetesException error = await Assert.ThrowsAsync<KubernetesException>(async () =>
        {
            await foreach (WatchEvent<MetadataObject> found in cluster.Client.WatchAsync(ConfigMaps, cluster.Scope("app=scout"), "not-a-number", default))
            {
                if (found.Error is { } told) throw told;
            }
        });
        Assert.Contains(error.Failure, new[] { ApiFailure.Busy, ApiFailure.BadRequest });
    }

    [Fact]
    public async Task A_kind_that_is_not_served_is_told()
    {
        await using TestCluster cluster = await TestCluster.OpenAsync("kinds");
        ResourceKind<MetadataObject> kind = ResourceKinds.Metadata("scout.invalid", "v1beta1", "nothings");
        KubernetesException error = await Assert.ThrowsAsync<KubernetesException>(() => cluster.Client.ListAsync(kind, new Scope(), ListFrom.Cache, default));
        Assert.Contains(error.Failure, new[] { ApiFailure.NotServed, ApiFailure.Forbidden });
    }

    [Fact]
    public async Task The_server_says_its_version()
    {
        await using TestCluster cluster = await TestCluster.OpenAsync("version");
        Assert.StartsWith("v1.", (await cluster.Client.VersionAsync(default)).GitVersion);
    }

    private static Task HoldsAsync(Mirror<MetadataObject> mirror, string names) => Until.TrueAsync(
        $"the mirror holds {names}",
        () => string.Join(' ', mirror.Objects.Keys.Select(static key => key.Name).Order(StringComparer.Ordinal)) == names,
        TimeSpan.FromSeconds(30),
        () => $"{string.Join(' ', mirror.Objects.Keys)}, {mirror.Status}");

    private static JsonObject Label(string app) => new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = app } } };
}
