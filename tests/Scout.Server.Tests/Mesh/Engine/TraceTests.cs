using System.Collections.Concurrent;
using Scout.Checks.Paths;
using Scout.Server.Mesh.Engine;
using Scout.Server.Mesh.Probing;
using Scout.Testing;

namespace Scout.Server.Tests.Mesh.Engine;

public sealed class TraceTests
{
    [Fact]
    public async Task A_loss_is_followed_by_one_trace_to_the_peer()
    {
        var traces = new ConcurrentQueue<(MeshPath Path, TraceResult Result)>();
        MeshEngineOptions options = MeshEngineTests.Options("a") with
        {
            Prober = new ProberSettings { UdpInterval = 50 * ProberSettings.Millisecond, MtuInterval = 0 },
            Traced = (path, result) => traces.Enqueue((path, result)),
        };
        using var engine = MeshEngine.Start(options, new TrialLog(), TimeProvider.System);
        engine.Apply(new MeshPlan([MeshEngineTests.Path("dead", 9)], ProbeKind.Full));
        await Until.TrueAsync("a trace", () => !traces.IsEmpty);
        Assert.Equal("dead", traces.Single().Path.Peer);
        Assert.Equal(TraceEnd.Reached, traces.Single().Result.End);
    }
}
