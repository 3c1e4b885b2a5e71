using Scout.Benchmarks.Measuring;
using Scout.Broker.Mesh.Watching;
using Scout.Mesh.Simulation;
using Scout.Protocol;
using Scout.Protocol.Mesh;

namespace Scout.Benchmarks.Mesh;

/// <summary>
/// What the broker spends on the mesh of 1000 nodes (mesh.md 10): telemetry of simulated nodes is recorded, then heard by a fresh watch, message by message as it
/// came, with an evaluation each 100 ms. Parsing is in it, receiving is not (the nats benchmark has it).
/// </summary>
internal static class LocaliseBenchmark
{
    private const int Nodes = 1000;
    private const long Second = 1_000_000_000;
    private const int Warm = 35;
    private const int Seconds = 10;
    private const double QuietGate = 50;
    private const double ZoneGate = 20;
    private const double DeadGate = 200;
    private const double TopologyGate = 50;

    public static Task<int> RunAsync(string[] args)
    {
        _ = args;
        Figure quiet = Measure(static _ => { });
        Figure zone = Measure(static fleet => fleet.Network.Faults.Add(new SimFault(SimFaultKind.ZonePair, 0, 1, SimWay.Both, 1, 0, Narrow: false)));
        Figure dead = Measure(static fleet =>
        {
            foreach (SimNode node in fleet.Nodes.Where(static one => one.Index % 10 == 3)) SimFleet.Kill(node);
        });
        Print("quiet", quiet);
        Print("a zone pair dead", zone);
        Print("100 nodes dead", dead);
        double topology = Topology();
        Console.WriteLine($"rings of 10,000 nodes {topology,6:F1} ms of CPU  [<= {TopologyGate}]");
        bool good = quiet.MilliCpu <= QuietGate && zone.Worst <= ZoneGate && dead.Worst <= DeadGate && topology <= TopologyGate;
        Console.WriteLine(
            $"{{\"benchmark\":\"mesh-localise\",\"nodes\":{Nodes},\"quiet_mcpu\":{quiet.MilliCpu:F1},\"quiet_evaluation_ms\":{quiet.Median:F2},\"zone_pair_evaluation_ms\":{zone.Median:F2},\"zone_pair_worst_ms\":{zone.Worst:F2},\"dead100_evaluation_ms\":{dead.Median:F2},\"dead100_worst_ms\":{dead.Worst:F2},\"topology_10000_ms\":{topology:F1},\"ok\":{(good ? "true" : "false")}}}");
        return Task.FromResult(good ? 0 : 1);
    }

    /// <summary>CPU of one computation of all rings of 10,000 nodes, the median of twenty.</summary>
    private static double Topology()
    {
        MeshMember[] members = [.. Enumerable.Range(0, 10_000).Select(static index => new MeshMember($"n{index}", $"z{index % 8}"))];
        List<double> took = [];
        for (int round = 0; round < 25; round++)
        {
            long begin = CpuClock.Own;
            MeshTopology.Build(members, MeshTopologyOptions.Default);
            if (round >= 5) took.Add((CpuClock.Own - begin) / 1000.0);
        }

        took.Sort();
        return took[took.Count / 2];
    }

    private static void Print(string what, Figure figure) => Console.WriteLine(
        $"{what,-20} {figure.MilliCpu,6:F1} mCPU   an evaluation {figure.Median,6:F2} ms, p99 {figure.Worst,6:F2} ms   {figure.Messages / Seconds,5} messages/s");

    private static Figure Measure(Action<SimFleet> strike)
    {
        List<(long At, string Subject, byte[] Message)> heard = [];
        var fleet = new SimFleet(new SimSettings(Nodes, 5, 1e-4, 1)) { Heard = (at, subject, message) => heard.Add((at, subject, message)) };
        long start = fleet.Time.NowMs;
        fleet.Run(Warm * Second);
        strike(fleet);
        fleet.Run(Seconds * Second);

        var watch = new FleetWatch(new FleetWatchOptions(), 1);
        foreach (SimNode node in fleet.Nodes) watch.Roster(node.Name, node.Zone, MeshNodeState.Up, node.Incarnation, start);
        int next = 0;
        int messages = 0;
        long cpu = 0;
        List<double> evaluations = [];
        for (long now = start + FleetWatch.EvaluateMs; now <= start + ((Warm + Seconds) * 1000L); now += FleetWatch.EvaluateMs)
        {
            bool counts = now > start + (Warm * 1000L);
            DateTimeOffset wall = DateTimeOffset.UnixEpoch + TimeSpan.FromMilliseconds(SimTime.UnixOffset / 1_000_000) + TimeSpan.FromMilliseconds(now);
            long before = CpuClock.Own;
            for (; next < heard.Count && heard[next].At <= now; next++)
            {
                Hear(watch, heard[next].Subject, heard[next].Message, heard[next].At, wall);
                if (counts) messages++;
            }

            // CPU, not time: neighbours on the machine are no cost of ours.
            long begin = CpuClock.Own;
            watch.Evaluate(now, wall);
            if (!counts) continue;
            evaluations.Add((CpuClock.Own - begin) / 1000.0);
            cpu += CpuClock.Own - before;
        }

        return new Figure(cpu / 1000.0 / Seconds, Quantiles.Median(evaluations), Quantiles.Of(evaluations, 0.99), messages);
    }

    private static void Hear(FleetWatch watch, string subject, byte[] message, long now, DateTimeOffset wall)
    {
        if (!Subjects.TryParseMesh(subject, out MeshSubject parsed)) return;
        if (parsed.Kind == MeshSubjectKind.Loss)
        {
            if (MeshLossMessage.TryRead(parsed.Node, message, out MeshLossMessage? loss, out _)) watch.Loss(loss, now, wall);
        }
        else if (MeshReport.TryRead(parsed.Node, message, out MeshReport? report, out _))
        {
            watch.Report(report, now);
        }
    }

    private sealed record Figure(double MilliCpu, double Median, double Worst, int Messages);
}
