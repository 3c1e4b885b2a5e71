using System.Globalization;
using Scout.Kubernetes.Fake;

namespace Scout.Kubernetes.Tests.Mirroring;

/// <summary>What the mirror does when it is refused, or when nobody answers.</summary>
public sealed class MirrorFailureTests
{
    private static readonly ObjectKey A = new("default", "a");

    [Theory]
    [InlineData("list")]
    [InlineData("watch")]
    public void A_page_of_a_proxy_is_shown(string verb)
    {
        using MirrorWorld world = Make(new Fault { Verb = verb, Times = 1000, Html = "<html>Please log in" + new string('.', 200) });
        world.Until("it is told", () => world.Status.Failure == ApiFailure.NotTheApi);
        Assert.Contains("<html>Please log in", world.Status.LastFailure);
        Assert.DoesNotContain(new string('.', 150), world.Status.LastFailure);
        Heals(world);
    }

    [Fact]
    public void A_redirect_is_not_followed_and_names_its_goal()
    {
        using MirrorWorld world = Make(new Fault { Code = 302, Times = 1000 });
        world.Until("it is told", () => world.Status.Failure == ApiFailure.NotTheApi);
        Heals(world);
    }

    [Fact]
    public void A_withdrawn_token_is_read_again_and_the_request_repeated_at_once()
    {
        using MirrorWorld world = Make();
        world.Until("live", () => world.Api.OpenWatches == 1);
        world.Api.Accounts.Remove(MirrorWorld.Token);
        world.Api.Accounts.Add("second-token");
        File.WriteAllText(world.TokenPath, "second-token");
        world.Cluster.Restart();
        world.Put("b");
        world.Until("it goes on", () => world.Converged() && world.Api.OpenWatches == 1);
        Assert.Equal("Bearer second-token", world.Api.Requests[^1].Authorization);
        Assert.Null(world.Status.Failure);
    }

    [Fact]
    public void An_unchanged_token_that_is_refused_is_told_and_tried_again_later()
    {
        using MirrorWorld world = Make();
        world.Until("live", () => world.Api.OpenWatches == 1);
        world.Api.Accounts.Remove(MirrorWorld.Token);
        world.Cluster.Restart();
        world.Until("it is told", () => world.Status.Failure == ApiFailure.Unauthorized);
        Assert.Contains(A, world.Mirror.Objects.Keys);
        world.Api.Accounts.Add(MirrorWorld.Token);
        Heals(world);
    }

    [Fact]
    public void A_missing_right_is_named_and_asked_for_ever_more_rarely()
    {
        using MirrorWorld world = Make(start: false);
        world.Api.Accounts.Add(MirrorWorld.Token, "system:serviceaccount:scout:server", new FakeRule("get"));
        world.Start();
        world.Until("it is told", () => world.Status.Failure == ApiFailure.Forbidden);
        Assert.Equal("pods is forbidden: User \"system:serviceaccount:scout:server\" cannot list resource \"pods\" in API group \"\" at the cluster scope", world.Status.LastFailure);
        var waits = new List<double>();
        for (int i = 0; i < 7; i++)
        {
            DateTimeOffset from = world.Time.GetUtcNow();
            int before = world.Lists;
            world.Until("it asks again", () => world.Lists > before);
            waits.Add((world.Time.GetUtcNow() - from).TotalSeconds);
        }

        Assert.Equal([10, 20, 40, 80, 160, 300, 300], waits);
        world.Api.Accounts.Add(MirrorWorld.Token);
        Heals(world);
    }

    [Theory]
    [InlineData(404, ApiFailure.NotServed, 300)]
    [InlineData(400, ApiFailure.BadRequest, 60)]
    [InlineData(422, ApiFailure.BadRequest, 60)]
    public void What_the_server_does_not_know_is_asked_for_again_much_later(int code, ApiFailure failure, double seconds)
    {
        using MirrorWorld world = Make(new Fault { Verb = "list", Code = code, Reason = "NotFound" });
        world.Until("it is told", () => world.Status.Failure == failure);
        DateTimeOffset from = world.Time.GetUtcNow();
        world.Until("it is listed", () => world.Lists == 2);
        Assert.Equal(seconds, (world.Time.GetUtcNow() - from).TotalSeconds);
        Heals(world);
    }

    [Theory]
    [InlineData(429, 7, null, 7, 60)]
    [InlineData(500, null, null, 0, 1)]
    [InlineData(502, null, null, 0, 1)]
    [InlineData(503, null, 9, 9, 60)]
    [InlineData(504, 600, null, 60, 60)]
    public void A_busy_server_is_left_alone_for_as_long_as_it_asks_and_at_most_a_minute(int code, int? header, int? detail, double least, double most)
    {
        using MirrorWorld world = Make(new Fault { Verb = "list", Code = code, RetryAfter = header, RetryAfterDetail = detail });
        world.Until("it is told", () => world.Status.Failure == ApiFailure.Busy);
        DateTimeOffset from = world.Time.GetUtcNow();
        world.Until("it is listed", () => world.Lists == 2);
        Assert.InRange((world.Time.GetUtcNow() - from).TotalSeconds, least, most);
        Assert.Equal("0", world.Api.Requests[1].Ask("resourceVersion"));
        Heals(world);
    }

    [Fact]
    public void A_busy_watch_goes_on_from_the_last_version_without_a_list()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Code = 503, Times = 4 });
        world.Until("it watches", () => world.Watches == 5 && world.Api.OpenWatches == 1);
        Assert.Equal(1, world.Lists);
    }

    [Fact]
    public void A_cache_that_is_behind_is_passed_by()
    {
        using MirrorWorld world = Make(new Fault { Verb = "list", Code = 504, Reason = "Timeout", Cause = "ResourceVersionTooLarge" });
        world.Until("it is listed", () => world.Lists == 2);
        Assert.Equal("", world.Api.Requests[1].Ask("resourceVersion"));
        Assert.Equal("500", world.Api.Requests[1].Ask("limit"));
        Heals(world);
    }

    [Fact]
    public void Headers_that_do_not_come_are_not_waited_for_longer_than_15_s()
    {
        using MirrorWorld world = Make(new Fault { Verb = "list", HeaderDelay = TimeSpan.FromHours(1) });
        DateTimeOffset from = world.Time.GetUtcNow();
        world.Until("it is told", () => world.Status.Failure == ApiFailure.TimedOut);
        Assert.Equal(15, (world.Time.GetUtcNow() - from).TotalSeconds);
        Heals(world);
    }

    [Fact]
    public void A_list_that_breaks_changes_nothing_and_is_asked_for_again()
    {
        using MirrorWorld world = Make(new Fault { Verb = "list", ResetInList = true }, new Fault { Verb = "list", ResetBeforeHeaders = true });
        world.Until("it is live", () => world.Status.State == MirrorState.Live);
        Assert.Equal(3, world.Lists);
        Heals(world);
    }

    [Fact]
    public void A_server_that_closes_at_once_is_not_hammered()
    {
        using MirrorWorld world = Make(new Fault { Verb = "watch", Act = StreamAct.End, Times = 100_000 });
        world.For(TimeSpan.FromMinutes(30));
        // After some doublings each watch costs 30 s in the mean.
        Assert.InRange(world.Watches, 30, 140);
        Assert.Equal(world.Watches, world.Lists, 1.0);
    }

    [Fact]
    public void A_server_that_is_away_leaves_the_objects_readable_as_stale()
    {
        using MirrorWorld world = Make();
        world.Until("live", () => world.Api.OpenWatches == 1);
        world.Handler.Away = true;
        world.Cluster.Restart();
        world.For(TimeSpan.FromSeconds(119));
        Assert.Equal(MirrorState.Live, world.Status.State);
        world.For(TimeSpan.FromSeconds(2));
        Assert.Equal(MirrorState.Stale, world.Status.State);
        Assert.Equal(ApiFailure.Unreachable, world.Status.Failure);
        Assert.Contains("Connection refused", world.Status.LastFailure);
        Assert.Contains(A, world.Mirror.Objects.Keys);
        world.For(TimeSpan.FromHours(1));
        Assert.Contains(A, world.Mirror.Objects.Keys);
        Assert.InRange(world.Status.StaleFor.TotalSeconds, 3700, 3730);
        world.Handler.Away = false;
        world.Put("b");
        Heals(world);
        Assert.Equal(MirrorState.Live, world.Status.State);
    }

    [Fact]
    public void A_cluster_that_was_restored_to_a_lower_version_is_noticed()
    {
        using MirrorWorld world = Make();
        for (int i = 0; i < 50; i++) world.Put("many-" + i.ToString(CultureInfo.InvariantCulture));
        world.Until("live", () => world.Converged() && world.Api.OpenWatches == 1);
        world.Cluster.Restore(20, _ => world.Put("only"));
        world.Until("it is noticed", () => world.Converged(), TimeSpan.FromMinutes(15));
        Assert.Single(world.Mirror.Objects);
    }

    [Fact]
    public void A_restart_without_history_is_followed_by_a_list_with_what_was_deleted_meanwhile()
    {
        using MirrorWorld world = Make();
        world.Put("b");
        world.Until("live", () => world.Converged() && world.Api.OpenWatches == 1);
        world.Delete("a");
        world.Cluster.Restart();
        world.Until("it converges", () => world.Converged() && world.Api.OpenWatches == 1);
        Assert.Equal([new ObjectKey("default", "b")], world.Mirror.Objects.Keys);
    }

    [Fact]
    public void New_keys_above_the_bound_are_refused_and_counted()
    {
        using var world = new MirrorWorld(options => options with { MaxObjects = 3 });
        for (int i = 0; i < 5; i++) world.Put($"p{i}");
        world.Start();
        world.Until("live", () => world.Status.State == MirrorState.Live && world.Api.OpenWatches == 1);
        world.Put("p9");
        world.Until("refused", () => world.Status.Dropped[DropReason.Bound] == 3);
        Assert.Equal(3, world.Mirror.Objects.Count);
    }

    private static void Heals(MirrorWorld world)
    {
        world.Api.Faults.Clear();
        world.Until("it heals", () => world.Converged() && world.Api.OpenWatches == 1 && world.Status.Failure is null);
    }

    private static MirrorWorld Make(params Fault[] faults) => Make(start: true, faults);

    private static MirrorWorld Make(bool start, params Fault[] faults)
    {
        var world = new MirrorWorld();
        world.Put("a");
        world.Api.Faults.Add(faults);
        if (start) world.Start();
        return world;
    }
}
