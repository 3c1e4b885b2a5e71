using Scout.Kubernetes.Fake;

namespace Scout.Kubernetes.Tests.Mirroring;

public sealed class MirrorLeakTests
{
    [Fact]
    public void Hundreds_of_lists_watches_and_failures_leave_nothing_open()
    {
        using MirrorWorld world = new MirrorWorld().Started();
        for (int i = 0; i < 20; i++) world.Put($"p{i}");
        world.Until("all are there", () => world.Converged());
        (int Answers, int Held, int Timers) before = Open(world);
        for (int round = 0; round < 200; round++)
        {
            world.Api.Faults.Add((round % 5) switch
            {
                0 => new Fault { Verb = "watch", Act = StreamAct.Reset },
                1 => new Fault { Verb = "list", Code = 500 },
                2 => new Fault { Verb = "watch", Act = StreamAct.LastLine, Line = Fault.ErrorLine(410, "Expired") },
                3 => new Fault { Verb = "list", HeaderDelay = TimeSpan.FromMinutes(1) },
                _ => new Fault { Verb = "watch", Act = StreamAct.HalfLine },
            });
            world.Put($"p{round % 20}", app: $"v{round}");
            if (round % 3 == 0) world.Cluster.Delete(FakeResource.Pods, "default", $"p{round % 20}");
            world.Cluster.Restart();
            world.Until($"round {round} is over", () => world.Converged() && world.Api.OpenWatches == 1);
            world.Changes.Clear();
            world.Api.Forget();
        }

        // The last waits of what failed run out, and a watch stands.
        world.Api.Faults.Clear();
        world.For(TimeSpan.FromMinutes(1));
        world.Until("it is quiet", () => world.Converged() && world.Api.OpenWatches == 1);
        (int answers, int held, int timers) = Open(world);
        Assert.Equal((1, 1), (before.Answers, before.Held));
        Assert.Equal((1, 1), (answers, held));
        Assert.InRange(timers, 0, before.Timers + 2);
        Assert.InRange(world.Status.Relists.Values.Sum(), 200, 2000);
    }

    private static (int Answers, int Held, int Timers) Open(MirrorWorld world) => (world.Handler.OpenAnswers, world.Client.Held, world.Time.Timers);
}
