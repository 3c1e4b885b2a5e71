namespace Scout.Kubernetes.Tests.Mirroring;

/// <summary>The kubelet exchanges the token while the pod runs.</summary>
public sealed class MirrorTokenTests
{
    [Fact]
    public void A_new_token_is_used_by_the_first_request_60_s_after_the_last_reading_and_not_before()
    {
        using MirrorWorld world = new MirrorWorld().Started();
        world.Api.Accounts.Add("second-token");
        File.WriteAllText(world.TokenPath, "second-token");
        world.For(TimeSpan.FromSeconds(59));
        Assert.Equal("Bearer " + MirrorWorld.Token, Asked(world));
        world.For(TimeSpan.FromSeconds(2));
        Assert.Equal("Bearer second-token", Asked(world));
        // The open watch outlives its token; the next one has the new.
        world.Api.Accounts.Remove(MirrorWorld.Token);
        int watches = world.Watches;
        world.Until("the next watch", () => world.Watches > watches && world.Api.OpenWatches == 1);
        Assert.Equal("Bearer second-token", world.Api.Requests.Last(request => request.Verb == "watch").Authorization);
        Assert.Equal(MirrorState.Live, world.Status.State);
    }

    [Fact]
    public void A_link_that_is_swapped_during_a_request_costs_one_more_request_and_nothing_else()
    {
        using MirrorWorld world = new MirrorWorld().Started();
        // As the kubelet lays it out: token -> ..data/token, ..data -> a folder that is new each time.
        string folder = Path.GetDirectoryName(world.TokenPath)!;
        string data = Path.Combine(folder, "..data");
        foreach ((string version, string token) in new[] { ("..v1", MirrorWorld.Token), ("..v2", "second-token") })
        {
            Directory.CreateDirectory(Path.Combine(folder, version));
            File.WriteAllText(Path.Combine(folder, version, "token"), token);
        }

        Directory.CreateSymbolicLink(data, "..v1");
        File.Delete(world.TokenPath);
        File.CreateSymbolicLink(world.TokenPath, "..data/token");
        world.Api.Faults.Add(new Fake.Fault { Verb = "list", HeaderDelay = TimeSpan.FromSeconds(5) });
        world.Cluster.Restart();
        int lists = world.Lists;
        world.Put("b");
        world.Until("a list is under way", () => world.Lists > lists);
        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "..v2");
        Directory.Delete(Path.Combine(folder, "..v1"), recursive: true);
        world.Api.Accounts.Remove(MirrorWorld.Token);
        world.Api.Accounts.Add("second-token");
        world.Until("it goes on", () => world.Converged() && world.Api.OpenWatches == 1);
        Assert.Equal(lists + 2, world.Lists);
        Assert.Null(world.Status.Failure);
    }

    private static string Asked(MirrorWorld world)
    {
        world.Get(() => world.Client.VersionAsync(default));
        return world.Api.Requests[^1].Authorization;
    }
}
