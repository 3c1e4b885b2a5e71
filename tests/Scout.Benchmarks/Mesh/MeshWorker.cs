using System.Globalization;
using System.Net;
using Scout.Benchmarks.Measuring;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Engine;
using Scout.Server.Mesh.Probing;

namespace Scout.Benchmarks.Mesh;

/// <summary>
/// One engine in a process of its own, so that nothing else is counted. <c>_mesh NAME</c>: prints its port. Then lines: <c>probe PORT PATHS UDP_MS TCP_MS SECONDS</c> probes that
/// many paths (addresses 127.0.0.1 and up) and prints "cpu_us udp_ok tcp_ok failed stalled bytes rss_kb"; <c>mark</c> prints the same of an engine that only answers, since the last mark.
/// </summary>
internal static class MeshWorker
{
    public static async Task<int> RunAsync(string[] options)
    {
        var counts = new Counts();
        using MeshEngine answering = Open(options[0], new ProberSettings(), counts);
        answering.Start();
        Console.WriteLine(answering.Port);
        long cpu = CpuClock.Own;
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            if (words[0] == "mark")
            {
                Print(counts, CpuClock.Own - cpu, GC.GetTotalAllocatedBytes(precise: true) - bytes);
                cpu = CpuClock.Own;
                bytes = GC.GetTotalAllocatedBytes(precise: true);
                continue;
            }

            await ProbeAsync(options[0], [.. words[1..].Select(word => int.Parse(word, CultureInfo.InvariantCulture))]);
        }

        return 0;
    }

    private static async Task ProbeAsync(string node, int[] numbers)
    {
        (int port, int paths, int udp, int tcp, int seconds) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
        var counts = new Counts();
        var settings = new ProberSettings
        {
            UdpInterval = udp * ProberSettings.Millisecond,
            TcpInterval = tcp * ProberSettings.Millisecond,
            MtuInterval = 0,
            TraceCooldown = 0,
        };
        using MeshEngine engine = Open(node, settings, counts);
        engine.Start();
        MeshPath[] all = [.. Enumerable.Range(0, paths).Select(i => new MeshPath
        {
            Peer = "answers",
            PeerId = NodeId.Of("answers"),
            Plane = (byte)i,
            Address = new IPAddress([127, 0, (byte)(i / 200), (byte)(1 + (i % 200))]),
            Port = port,
        })];
        engine.Apply(new MeshPlan([.. all], ProbeKind.Full));

        // Warm enough for the second tier of the compiler.
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        (long Ok, long Tcp, long Failed, long Stalled) before = counts.Now;
        long cpu = CpuClock.Own;
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        long used = CpuClock.Own - cpu;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        counts.Since(before);
        Print(counts, used, bytes);
    }

    private static void Print(Counts counts, long cpu, long bytes) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{cpu} {counts.Now.Ok} {counts.Now.Tcp} {counts.Now.Failed} {counts.Now.Stalled} {bytes} {Environment.WorkingSet / 1024}"));

    private static MeshEngine Open(string node, ProberSettings prober, Counts counts) => MeshEngine.Open(
        new MeshEngineOptions
        {
            Node = node,
            Incarnation = 1,
            Port = 0,
            Prober = prober,
            AnswersASecond = 1_000_000,
            AnswersASecondAnAddress = 1_000_000,
        },
        counts,
        TimeProvider.System);

    private sealed class Counts : IMeshObserver
    {
        private long ok;
        private long tcpOk;
        private long failed;
        private long stalled;

        public (long Ok, long Tcp, long Failed, long Stalled) Now => (Volatile.Read(ref ok), Volatile.Read(ref tcpOk), Volatile.Read(ref failed), Volatile.Read(ref stalled));

        public void Since((long Ok, long Tcp, long Failed, long Stalled) before)
        {
            ok -= before.Ok;
            tcpOk -= before.Tcp;
            failed -= before.Failed;
            stalled -= before.Stalled;
        }

        public void Udp(in UdpTrial trial)
        {
            if (trial.Outcome == UdpOutcome.Ok) ok++;
            else if (trial.Outcome.IsExcluded()) stalled++;
            else failed++;
        }

        public void Late(in UdpTrial trial)
        {
        }

        public void Direction(in UdpTrial trial)
        {
        }

        public void Tcp(in TcpTrial trial)
        {
            if (trial.Outcome == TcpOutcome.Ok) tcpOk++;
            else if (trial.Outcome.IsExcluded()) stalled++;
            else failed++;
        }

        public void Stall(long from, long until)
        {
        }

        public void Note(MeshNote note, MeshPath? path)
        {
        }

        public void Leaving(MeshPath path, bool leaving)
        {
        }

        public void SuspectSelf(bool suspected, long now)
        {
        }
    }
}
