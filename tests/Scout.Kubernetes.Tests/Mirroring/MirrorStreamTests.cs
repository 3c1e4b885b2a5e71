using Scout.Kubernetes.Fake;

namespace Scout.Kubernetes.Tests.Mirroring;

/// <summary>What the mirror does when a watch ends or says something odd: the rows of kubernetes.md 1.4.</summary>
public sealed class MirrorStreamTests
{
    [Fact]
    public void The_first_list_comes_from_the_cache_and_the_watch_goes_on_from_it()
    {
        using MirrorWorld world = Make();
        FakeRequest list = world.Api.Requests[0];
        Assert.Equal("0", list.Ask("resourceVersion"));
        Assert.Equal("", list.Ask("limit"));
        FakeRequest watch = world.Api.Requests[1];
        Assert.Equal(world.Cluster.Version.ToString(), watch.Ask("resourceVersion"));
        Assert.Equal("true", watch.Ask("allowWatchBookmarks"));
        Assert.InRange(int.Parse(watch.Ask("timeoutSeconds")), 240, 480);
        Assert.Single(world.Changes, change => change.Type == MirrorChangeType.Synced);
        Assert.Equal(MirrorChangeType.Synced, world.Changes[^1].Type);
        Assert.True(world.Converged(), world.Describe());
    }

    [Fact]
    public void A_stream_that_ends_after_a_line_is_followed_by_a_watch_from_its_last_version_and_no_list()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.End, AfterLines = 1 });
        world.For(TimeSpan.FromSeconds(5));
        world.Put("b");
        world.Until("another watch", () => world.Watches == 2);
        Assert.Equal(1, world.Lists);
        Assert.Equal(world.Cluster.Version.ToString(), world.Api.Requests[^1].Ask("resourceVersion"));
        Assert.True(world.Converged(), world.Describe());
    }

    [Fact]
    public void A_stream_that_ends_without_a_line_is_followed_by_a_list_of_the_newest_state()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.End });
        world.Until("another list", () => world.Lists == 2 && world.Api.OpenWatches == 1);
        Assert.Equal("500", world.Api.Requests[2].Ask("limit"));
        Assert.Equal("", world.Api.Requests[2].Ask("resourceVersion"));
        Assert.Equal(1, world.Relists(RelistReason.Mute));
    }

    [Fact]
    public void A_quiet_kind_pays_one_list_for_each_watch_that_ran_its_time()
    {
        using MirrorWorld world = Make();
        world.For(TimeSpan.FromMinutes(30));
        Assert.InRange(world.Relists(RelistReason.Mute), 3, 8);
        Assert.Equal(world.Lists, 1 + world.Relists(RelistReason.Mute));
    }

    [Theory]
    [InlineData(StreamAct.HalfLine)]
    [InlineData(StreamAct.HalfLineReset)]
    [InlineData(StreamAct.Reset)]
    public void A_stream_that_breaks_is_followed_by_a_watch_and_no_list(StreamAct act)
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = act, AfterLines = 1 });
        world.Put("b");
        world.Until("the break", () => world.Watches == 2);
        world.Put("c");
        world.Until("both are seen", () => world.Converged());
        Assert.Equal(1, world.Lists);
    }

    [Fact]
    public void Silence_after_a_bookmark_is_given_up_after_150_s()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.Silence, AfterLines = 1 });
        world.Cluster.Tick();
        world.Until("a bookmark", () => world.Status.Events[WatchEventType.Bookmark] == 1);
        DateTimeOffset said = world.Time.GetUtcNow();
        world.Until("another watch", () => world.Watches == 2);
        Assert.InRange((world.Time.GetUtcNow() - said).TotalSeconds, 150, 152);
        Assert.Equal(1, world.Lists);
    }

    [Fact]
    public void Silence_without_a_bookmark_is_given_up_30_s_after_the_asked_time()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.Silence });
        DateTimeOffset opened = world.Time.GetUtcNow();
        int asked = int.Parse(world.Api.Requests[^1].Ask("timeoutSeconds"));
        world.Until("another watch", () => world.Watches == 2);
        Assert.InRange((world.Time.GetUtcNow() - opened).TotalSeconds, asked + 30, asked + 32);
        Assert.Equal(1, world.Lists);
    }

    [Theory]
    [InlineData(0, 410, "Expired")]
    [InlineData(1, 410, "Gone")]
    [InlineData(1, 0, "Expired")]
    [InlineData(1, 500, "Gone")]
    public void A_line_that_says_the_version_is_too_old_is_followed_by_a_list_with_the_deletions(int after, int code, string reason)
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.LastLine, AfterLines = after, Line = Fault.ErrorLine(code, reason) });
        world.Put("b");
        world.Delete("a");
        world.Until("converged by a list", () => world.Relists(RelistReason.Expired) == 1 && world.Converged());
        Assert.DoesNotContain(new ObjectKey("default", "a"), world.Mirror.Objects.Keys);
    }

    [Fact]
    public void Http_410_is_followed_by_a_list()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.End, AfterLines = 1 }, new Fault { Verb = "watch", Code = 410, Reason = "Expired" });
        world.Put("b");
        world.Until("listed again", () => world.Relists(RelistReason.Expired) == 1 && world.Api.OpenWatches == 1);
        Assert.True(world.Converged(), world.Describe());
    }

    [Fact]
    public void Other_errors_are_followed_by_a_watch_and_the_third_in_a_row_by_a_list()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Times = 3, Act = StreamAct.LastLine, Line = Fault.ErrorLine(500, "InternalError", "etcd is sad") });
        world.Until("three errors", () => world.Status.Events[WatchEventType.Error] == 3 && world.Api.OpenWatches == 1);
        Assert.Equal(2, world.Lists);
        Assert.Equal(1, world.Relists(RelistReason.Error));
        Assert.Equal(4, world.Watches);
    }

    [Theory]
    [InlineData("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"x\"")]
    [InlineData("no json at all")]
    [InlineData("[]")]
    [InlineData("{\"object\":{\"metadata\":{\"name\":\"x\"}}}")]
    [InlineData("{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"namespace\":\"x\"}}}")]
    [InlineData("{\"type\":\"MODIFIED\"}")]
    [InlineData("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"x\"}}} {}")]
    public void A_line_that_cannot_be_read_is_counted_and_followed_by_a_list(string line)
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.Line, AfterLines = 1, Line = line });
        world.Put("b");
        world.Until("listed again", () => world.Relists(RelistReason.Unreadable) == 1 && world.Api.OpenWatches == 1);
        Assert.Equal(1, world.Status.Dropped[DropReason.Unreadable]);
        Assert.True(world.Converged(), world.Describe());
    }

    [Fact]
    public void An_unknown_type_is_counted_and_ignored()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.Line, Line = """{"type":"FUTURE","object":{"metadata":{}}}""" });
        world.Put("b");
        world.Until("the next event", () => world.Converged());
        Assert.Equal(1, world.Status.Dropped[DropReason.UnknownType]);
        Assert.Equal((1, 1), (world.Lists, world.Watches));
    }

    [Fact]
    public void A_line_above_the_bound_is_skipped_and_what_was_known_stays()
    {
        string line = $$"""{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"default","annotations":{"x":"{{new string('y', 5_000_000)}}" } } } }""";
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.Line, Line = line });
        world.Put("b");
        world.Until("the next event", () => world.Converged());
        Assert.Equal(1, world.Status.Dropped[DropReason.Oversized]);
        Assert.Equal((1, 1), (world.Lists, world.Watches));
    }

    [Fact]
    public void A_line_of_a_megabyte_is_read()
    {
        using MirrorWorld world = Make();
        world.Cluster.Padding = 1_000_000;
        world.Put("big");
        world.Until("it is there", () => world.Converged());
        Assert.Equal(0, world.Status.Dropped[DropReason.Oversized]);
    }

    [Fact]
    public void Pieces_of_one_byte_make_the_same_lines()
    {
        using MirrorWorld world = Make(new Fault { ChunkSize = 1, Times = 10 });
        world.Put("b", app: "größe-日本");
        world.Until("it is there", () => world.Converged());
        Assert.Equal("größe-日本", world.Mirror.Objects[new ObjectKey("default", "b")].Labels["app"]);
        Assert.Null(world.Mirror.Objects[new ObjectKey("default", "b")].Labels["other"]);
    }

    [Fact]
    public void Doubled_events_change_nothing_twice()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Events = EventAct.Double });
        world.Put("b");
        world.Put("b", app: "other");
        world.Delete("a");
        world.Until("all is seen", () => world.Converged() && world.Changes.Any(change => change.Type == MirrorChangeType.Deleted));
        Assert.Equal(5, world.Changes.Count);
        Assert.Equal(1, world.Lists);
    }

    [Theory]
    [InlineData(EventAct.Swallow)]
    [InlineData(EventAct.Swap)]
    public void What_a_server_loses_or_mixes_up_is_mended_by_the_next_list(EventAct act)
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Events = act }, new Fault { Verb = "watch", Code = 410 });
        world.Put("b");
        world.Put("b", app: "newer");
        world.Put("c");
        world.For(TimeSpan.FromMinutes(10));
        Assert.True(world.Converged(), world.Describe());
    }

    [Fact]
    public void An_object_that_leaves_and_enters_the_selector_is_deleted_and_added()
    {
        using MirrorWorld world = Make(new Scope("default", "app=scout"));
        world.Put("a", app: "other");
        world.Until("it left", () => world.Mirror.Objects.IsEmpty);
        world.Put("elsewhere", space: "kube-system");
        world.Put("a");
        world.Until("it is back", () => world.Mirror.Objects.Count == 1);
        Assert.Equal([MirrorChangeType.Added, MirrorChangeType.Synced, MirrorChangeType.Deleted, MirrorChangeType.Added], world.Changes.Select(change => change.Type));
        Assert.Equal(1, world.Lists);
    }

    [Fact]
    public void Graceful_deletion_is_seen_as_leaving_and_then_as_gone()
    {
        using MirrorWorld world = Make();
        world.Cluster.Delete(FakeResource.Pods, "default", "a", gracefully: true);
        world.Until("it is gone", () => world.Mirror.Objects.IsEmpty);
        Assert.True(world.Changes[^1].Old!.Deleting);
        Assert.Equal(MirrorChangeType.Modified, world.Changes[^2].Type);
    }

    [Fact]
    public void Another_object_under_the_same_name_is_deleted_and_added()
    {
        using MirrorWorld world = Make();
        world.Cluster.Replace(FakeResource.Pods, "default", "a", MirrorWorld.Pod("scout", "n2"));
        world.Until("it is another", () => world.Converged());
        Assert.Equal([MirrorChangeType.Deleted, MirrorChangeType.Added], world.Changes[^2..].Select(change => change.Type));
    }

    private static MirrorWorld Make(params Fault[] faults) => Make(new Scope(), faults);

    private static MirrorWorld Make(Scope scope, params Fault[] faults)
    {
        var world = new MirrorWorld(scope: scope);
        world.Put("a");
        world.Api.Faults.Add(faults);
        world.Start();
        world.Until("the first list and watch", () => world.Lists > 0 && world.Watches > 0);
        return world;
    }
}
