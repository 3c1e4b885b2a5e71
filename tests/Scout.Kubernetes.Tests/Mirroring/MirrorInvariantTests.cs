using System.Globalization;
using Scout.Kubernetes.Fake;

namespace Scout.Kubernetes.Tests.Mirroring;

/// <summary>Whatever is written and whatever breaks: when it is quiet again, mirror and changes are what the server has.</summary>
public sealed class MirrorInvariantTests
{
    private const int Seeds = 60;

    [Fact]
    public void After_any_writes_and_faults_the_mirror_and_the_sum_of_its_changes_are_what_the_server_has()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            var random = new Random(seed);
            using var world = new MirrorWorld(options => options with { PageSize = 1 + random.Next(4) }, seed: seed);
            world.Cluster.Restore(1_000_000, _ => { });
            world.Cluster.HistoryLength = random.Next(3) == 0 ? 5 : 1000;
            world.Start();
            for (int step = 0; step < 60; step++) Step(world, random);
            world.Api.Faults.Clear();
            world.Handler.Away = false;
            int known = seed;
            world.Until($"seed {known.ToString(CultureInfo.InvariantCulture)} converges", () => world.Converged() && world.Status.State == MirrorState.Live, TimeSpan.FromHours(1));
        }
    }

    private static void Step(MirrorWorld world, Random random)
    {
        string name = $"p{random.Next(8)}";
        switch (random.Next(14))
        {
            case <= 3:
                world.Put(name, app: $"v{random.Next(100)}");
                break;
            case 4:
                world.Cluster.Delete(FakeResource.Pods, "default", name, gracefully: random.Next(2) == 0);
                break;
            case 5:
                world.Cluster.Replace(FakeResource.Pods, "default", name, MirrorWorld.Pod("scout", "n9"));
                break;
            case 6:
                world.Cluster.Tick();
                break;
            case 7:
                world.Cluster.Restart();
                break;
            case 8 when random.Next(6) == 0:
                world.Cluster.Restore(world.Cluster.Version / 2, _ => world.Put("restored"));
                break;
            case 9:
                world.Handler.Away = random.Next(2) == 0;
                break;
            case 10:
                world.Cluster.Compact();
                break;
            case 11 or 12:
                world.Api.Faults.Add(AnyFault(random));
                break;
        }

        world.For(TimeSpan.FromSeconds(random.Next(4) == 0 ? random.Next(600) : random.NextDouble()));
    }

    private static Fault AnyFault(Random random)
    {
        int[] codes = [400, 401, 404, 409, 410, 422, 429, 500, 502, 503, 504];
        string[] lines =
        [
            Fault.ErrorLine(410, "Expired"), Fault.ErrorLine(500, "InternalError"), "{", "nonsense", """{"type":"FUTURE","object":{"metadata":{"name":"x"}}}""",
        ];
        var fault = new Fault { Skip = random.Next(3), Times = 1 + random.Next(3), AfterLines = random.Next(3) };
        return random.Next(8) switch
        {
            0 => fault with { Code = codes[random.Next(codes.Length)], RetryAfter = random.Next(3) == 0 ? random.Next(90) : null },
            1 => fault with { Verb = "watch", Act = (StreamAct)(1 + random.Next(4)) },
            2 => fault with { Verb = "watch", Act = random.Next(2) == 0 ? StreamAct.Line : StreamAct.LastLine, Line = lines[random.Next(lines.Length)] },
            3 => fault with { Verb = "list", ResetInList = true },
            4 => fault with { ResetBeforeHeaders = true },
            5 => fault with { Html = "<html>" },
            6 => fault with { HeaderDelay = TimeSpan.FromSeconds(random.Next(40)) },
            _ => fault with { ChunkSize = 1 + random.Next(20), Events = EventAct.Double, ItemsNull = true, MetadataLast = true },
        };
    }
}
