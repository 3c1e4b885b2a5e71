using Scout.Protocol.Mesh;
using Scout.Server.Mesh;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Reporting;
using Scout.Server.Mesh.Statistics;
using Scout.Testing;
using static Scout.Server.Tests.Mesh.Trials;

namespace Scout.Server.Tests.Mesh.Reporting;

public sealed class MeshReporterTests
{
    [Fact]
    public void Each_second_it_says_that_it_is_alive_and_each_ten_how_it_went()
    {
        Bench bench = new();
        MeshPath path = bench.Path("n1");
        for (int i = 0; i < 10; i++)
        {
            bench.Statistics.Udp(Udp(path, UdpOutcome.Ok, bench.Now));
            bench.Pass();
        }

        Assert.Equal(10, bench.Losses.Count);
        Assert.All(bench.Losses, message => Assert.Empty(message.Losses));
        Assert.Equal(Enumerable.Range(1, 10), bench.Losses.Select(message => (int)message.Number));
        Assert.Equal([2000, 8000], bench.Reports.Select(one => one.WindowMs));
        MeshReport report = bench.Reports[1];
        Assert.Equal((8, 8, 200, 8000), (report.Rows[0].Udp.Sent, report.Rows[0].Udp.Ok, report.Rows[0].RttMicros!.Value, report.WindowMs));
        Assert.Equal([new MeshReceived("n1", 10)], report.Received);
        Assert.Equal(8, report.Zones[0].Histogram[2]);
    }

    [Fact]
    public void A_loss_is_told_at_once_with_its_age_and_its_way_later()
    {
        Bench bench = new();
        MeshPath path = bench.Path("n1");
        bench.Statistics.Udp(Udp(path, UdpOutcome.Lost, bench.Now, sequence: 41));
        Assert.Equal(1, bench.Wakes);
        bench.Statistics.Udp(Udp(path, UdpOutcome.Lost, bench.Now, sequence: 42));
        Assert.Equal(1, bench.Wakes);
        bench.Reporter.Soon();
        MeshLossMessage message = Assert.Single(bench.Losses);
        Assert.Equal([new MeshLoss("n1", 41, 9, MeshDirection.Unknown, MeshProbeKind.Full, 500), new MeshLoss("n1", 42, 10, MeshDirection.Unknown, MeshProbeKind.Full, 500)], message.Losses);
        bench.Statistics.Direction(Udp(path, UdpOutcome.Lost, bench.Now, sequence: 41, direction: LossDirection.Reverse));
        bench.Statistics.Late(Udp(path, UdpOutcome.Lost, bench.Now, sequence: 42) with { RoundTrip = 700_000_000 });
        bench.Statistics.Stall(bench.Now - (2 * Second), bench.Now - Second);
        bench.Pass();
        message = bench.Losses[^1];
        Assert.Empty(message.Losses);
        Assert.Equal([new MeshLossWay("n1", 41, MeshDirection.Reverse)], message.Directions);
        Assert.Equal([new MeshLate("n1", 42, 700)], message.Late);
        Assert.Equal([new MeshStall(3000, 1000)], message.Stalls);
        bench.Statistics.Udp(Udp(path, UdpOutcome.Refused, bench.Now, sequence: 43));
        Assert.Equal(2, bench.Wakes);
    }

    [Fact]
    public void Without_a_broker_nothing_is_queued_but_the_last_report()
    {
        Bench bench = new();
        MeshPath path = bench.Path("n1");
        bench.Open = false;
        for (int i = 0; i < 45; i++)
        {
            bench.Statistics.Udp(Udp(path, UdpOutcome.Lost, bench.Now, sequence: (uint)i));
            bench.Pass();
        }

        Assert.Empty(bench.Losses);
        Assert.Empty(bench.Reports);
        bench.Open = true;
        bench.Pass();
        Assert.Empty(Assert.Single(bench.Losses).Losses);
        Assert.Equal(5, Assert.Single(bench.Reports).Number);
        bench.Pass();
        Assert.Single(bench.Reports);
    }

    [Fact]
    public void More_losses_than_fit_are_counted()
    {
        Bench bench = new();
        MeshPath path = bench.Path("n1");
        for (int i = 0; i < 3000; i++) bench.Statistics.Udp(Udp(path, UdpOutcome.Lost, bench.Now, sequence: (uint)i));
        bench.Reporter.Soon();
        MeshLossMessage message = Assert.Single(bench.Losses);
        Assert.Equal((MeshLossMessage.MaxRows, 3000 - MeshLossMessage.MaxRows), (message.Losses.Length, message.More));
    }

    [Fact]
    public void A_node_that_drains_says_so()
    {
        Bench bench = new();
        bench.Reporter.Leaving = true;
        bench.Reporter.Soon();
        Assert.True(Assert.Single(bench.Losses).Leaving);
    }

    private sealed class Bench : ITelemetryLine
    {
        private readonly ManualTime time = new();

        public Bench()
        {
            time.Advance(TimeSpan.FromSeconds(100));
            Statistics = new MeshStatistics(compat: false, 300 * Second, static (_, _) => { }, () => Wakes++);
            var sources = new ReportSources(() => View(), _ => MeshNodeState.Up, static () => [new MeshReceived("n1", 10)]);
            Reporter = new MeshReporter("self", 1_795_221_600, Statistics, sources, this, time);
        }

        public MeshStatistics Statistics { get; }

        public MeshReporter Reporter { get; }

        public int Wakes { get; private set; }

        public bool Open { get; set; } = true;

        public bool IsOpen => Open;

        public List<MeshLossMessage> Losses { get; } = [];

        public List<MeshReport> Reports { get; } = [];

        public long Now => MeshClock.Now(time);

        public MeshPath Path(string peer) => Trials.Path(Statistics, peer);

        public void Pass()
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Reporter.Beat();
        }

        public void Send(string subject, byte[] message)
        {
            if (subject == "scout.mesh.loss.self")
            {
                Assert.True(MeshLossMessage.TryRead("self", message, out MeshLossMessage? loss, out string? error), error);
                Losses.Add(loss);
            }
            else
            {
                Assert.Equal("scout.mesh.report.self", subject);
                Assert.True(MeshReport.TryRead("self", message, out MeshReport? report, out string? error), error);
                Reports.Add(report);
            }
        }
    }
}
