using System.Globalization;
using Scout.Kubernetes.Fake;

namespace Scout.Kubernetes.Tests.Listing;

/// <summary>Lists: pages, shapes and bounds.</summary>
public sealed class ListTests
{
    [Fact]
    public void Pages_are_followed_to_the_end_and_have_one_version()
    {
        using MirrorWorld world = Make(12);
        string version = world.Cluster.Version.ToString(CultureInfo.InvariantCulture);
        Listing<PodObject> listing = List(world, ListFrom.Latest);
        Assert.Equal(12, listing.Items.Select(pod => pod.Key).Distinct().Count());
        Assert.Equal(version, listing.ResourceVersion);
        Assert.Equal(3, world.Lists);
    }

    [Theory]
    [InlineData(410)]
    [InlineData(400)]
    public void A_continue_token_that_aged_makes_the_list_begin_again(int code)
    {
        using MirrorWorld world = Make(12);
        world.Api.Faults.Add(new Fault { Verb = "list", Skip = 1, Code = code, Reason = "x" });
        Assert.Equal(12, List(world, ListFrom.Latest).Items.Count);
        Assert.Equal(["5", "5", "5", "5", "5"], world.Api.Requests.Select(request => request.Ask("limit")));
    }

    [Fact]
    public void A_continue_token_that_aged_twice_gives_up_pages()
    {
        using MirrorWorld world = Make(12);
        world.Api.Faults.Add(new Fault { Verb = "list", Skip = 1, Code = 410 }, new Fault { Verb = "list", Skip = 2, Code = 410 });
        Assert.Equal(12, List(world, ListFrom.Latest).Items.Count);
        Assert.Equal("", world.Api.Requests[^1].Ask("limit"));
    }

    [Theory]
    [InlineData(0, true, true, 0)]
    [InlineData(0, false, true, 1)]
    [InlineData(7, false, true, 1)]
    [InlineData(7, false, false, 3)]
    public void Shapes_that_the_api_may_give_read_the_same(int count, bool isNull, bool metadataLast, int chunk)
    {
        using MirrorWorld world = Make(count);
        world.Api.Faults.Add(new Fault { ItemsNull = isNull, MetadataLast = metadataLast, ChunkSize = chunk });
        Listing<PodObject> listing = List(world, ListFrom.Cache);
        Assert.Equal(count, listing.Items.Count);
        Assert.Equal(world.Cluster.Version.ToString(CultureInfo.InvariantCulture), listing.ResourceVersion);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_item_above_the_bound_is_skipped_and_named(int which)
    {
        using MirrorWorld world = Make(0);
        for (int i = 0; i < 3; i++)
        {
            world.Cluster.Padding = i == which ? 5_000_000 : 0;
            world.Put($"p{i}");
        }

        Listing<PodObject> listing = List(world, ListFrom.Cache);
        Assert.Equal(2, listing.Items.Count);
        Assert.Equal([new ObjectKey("default", $"p{which}")], listing.Oversized);
    }

    [Fact]
    public void Metadata_alone_may_be_asked_for()
    {
        using MirrorWorld world = Make(3);
        ResourceKind<MetadataObject> kind = ResourceKinds.Metadata("", "v1", "pods", "app");
        Listing<MetadataObject> listing = world.Get(() => world.Client.ListAsync(kind, new Scope("default"), ListFrom.Cache, default));
        Assert.All(listing.Items, item => Assert.Equal("scout", item.Labels["app"]));
        Assert.Contains("PartialObjectMetadataList", world.Api.Requests[0].Accept);
        Assert.Equal("/api/v1/namespaces/default/pods", world.Api.Requests[0].Path);
    }

    [Fact]
    public void A_list_of_many_large_objects_needs_a_small_buffer()
    {
        using MirrorWorld world = Make(0);
        world.Cluster.Padding = 3_000;
        for (int i = 0; i < 500; i++) world.Put($"pod-{i}");
        Assert.Equal(500, List(world, ListFrom.Cache).Items.Count);
        Assert.InRange(world.Client.PeakListBuffer, 1, 64 * 1024);
    }

    [Fact]
    public void The_version_of_the_server_is_told()
    {
        using MirrorWorld world = Make(0);
        Assert.Equal(new ApiVersion("v1.36.2-fake", "1", "36"), world.Get(() => world.Client.VersionAsync(default)));
    }

    private static Listing<PodObject> List(MirrorWorld world, ListFrom from) => world.Get(() => world.Client.ListAsync(ResourceKinds.Pods("app"), new Scope(), from, default));

    private static MirrorWorld Make(int pods)
    {
        var world = new MirrorWorld(options => options with { PageSize = 5 });
        for (int i = 0; i < pods; i++) world.Put($"p{i}");
        return world;
    }
}
