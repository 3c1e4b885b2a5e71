using System.Text;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;
using Scout.Machines.Simulated;
using Scout.Machines.Tests.Definitions;

namespace Scout.Machines.Tests.Hosting;

/// <summary>What a check costs (machines.md section 12, reliability.md R13 V). Bytes are exact; times have a wide margin here, the goals are for the extended lane.</summary>
[Collection(nameof(Alone))]
[Trait("fault", "R13")]
public sealed class HostCostTests(ITestOutputHelper output)
{
    [Fact]
    public void A_due_check_allocates_at_most_a_kilobyte()
    {
        Bench bench = new(Definitions(1000));
        bench.Rounds(3);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bench.Rounds(10);
        double bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / 10_000.0;
        output.WriteLine($"{bytes:0} bytes a due check");
        Assert.True(bytes <= 1024, $"{bytes:0} bytes a due check");
    }

    [Fact]
    public void A_due_check_takes_microseconds()
    {
        Bench bench = new(Definitions(10_000));
        bench.Rounds(3);
        double start = CpuSeconds();
        bench.Rounds(20);
        double micros = (CpuSeconds() - start) * 1e6 / 200_000;
        output.WriteLine($"{micros:0.00} us a due check");
        // N fails at 20 us, X at 5 (reliability.md R13).
        double limit = Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended" ? 5 : 20;
        Assert.True(micros <= limit, $"{micros:0.00} us a due check");
    }

    [Fact]
    public void An_idle_check_with_its_definition_fits_into_six_kilobytes()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Bench bench = new(Definitions(10_000));
        bench.Rounds(2);
        long bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / 10_000;
        output.WriteLine($"{bytes} bytes an idle check");
        GC.KeepAlive(bench);
        Assert.True(bytes <= 6 * 1024, $"{bytes} bytes an idle check");
    }

    [Fact]
    public void The_simulation_makes_many_steps_a_second()
    {
        var simulation = new Simulation(1);
        SimulatedNode node = simulation.AddNode("node1", Definitions(1000));
        node.Start();
        simulation.Advance(TimeSpan.FromMinutes(20));
        long steps = simulation.Steps;
        double start = CpuSeconds();
        simulation.Advance(TimeSpan.FromMinutes(100));
        double rate = (simulation.Steps - steps) / (CpuSeconds() - start);
        output.WriteLine($"{rate:0} steps a second");
        Assert.True(rate > 50_000, $"{rate:0} steps a second");
    }

    /// <summary>Of this thread alone, so that a busy machine does not count.</summary>
    private static double CpuSeconds() =>
        long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) / 1e9;

    private static List<MachineDefinition> Definitions(int count)
    {
        var all = new List<MachineDefinition>();
        for (int file = 0; file * 1000 < count; file++)
        {
            var yaml = new StringBuilder("checks:\n");
            for (int i = 0; i < 1000; i++)
                yaml.Append(System.Globalization.CultureInfo.InvariantCulture, $"  - {{ name: check_{file}_{i}, plugin: check_disk -w 20% -c 10% -p /srv/{i}, attempts: 3, labels: {{ team: storage }} }}\n");
            all.AddRange(DefinitionReader.Read($"machines/{file}.yaml", Encoding.UTF8.GetBytes(yaml.ToString()), Reading.Options with { KeepSource = false }).Machines);
        }

        return all;
    }

    /// <summary>A host without anything around it: runs are answered at once by one outcome a machine.</summary>
    private sealed class Bench : IStepSink
    {
        private static readonly RunOutput Fine = new("DISK OK - free space: / 81000 MiB (85%)", "", [new PerfDatum("/", 14e9, "bytes", "14000MB;216;243;0;270")], 0, "");

        private readonly VirtualTime time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        private readonly Queue<long> started = new();
        private readonly MachineHost host;
        private long ids;

        public Bench(List<MachineDefinition> definitions)
        {
            host = new MachineHost(new MachineHostOptions { Node = "web1", Time = time, NewId = () => new Guid((int)++ids, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }, this);
            host.Start([], new DefinitionBatch(definitions, new Dictionary<string, string>()));
        }

        public bool CanCommit => true;

        public string? DegradedReason => null;

        public void Take(Step step, CommandReply? reply)
        {
            foreach (RunRequest request in step.Starts) started.Enqueue(request.Id);
        }

        /// <summary>Minutes of virtual time: one check a machine each.</summary>
        public void Rounds(int minutes)
        {
            long end = time.Now + (minutes * TimeSpan.TicksPerMinute);
            while (host.NextDue <= end)
            {
                time.MoveTo(host.NextDue);
                host.Tick();
                while (started.TryDequeue(out long id))
                {
                    // The outcome is the caller's; making it is not the host's cost, but it is small.
                    host.Complete(new RunOutcome { Id = id, Status = CheckStatus.Ok, Reason = "exit", ExitCode = 0, Output = Fine, StartedAt = time.GetUtcNow(), Duration = TimeSpan.FromMilliseconds(3) });
                }
            }

            time.MoveTo(end);
        }
    }
}
