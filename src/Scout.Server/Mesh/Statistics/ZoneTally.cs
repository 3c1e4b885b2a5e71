using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Statistics;

/// <summary>All probes to nodes of one zone. Under the lock of its owner.</summary>
internal sealed class ZoneTally(string zone)
{
    public string Zone => zone;

    public MeshHistogram Rtt { get; } = new();

    public int[] ReportBuckets { get; } = new int[Protocol.Mesh.MeshBuckets.Length];

    public CountTally Report;

    private long udpOk;
    private long udpFailed;
    private long udpExcluded;
    private long tcpOk;
    private long tcpFailed;
    private long tcpExcluded;

    public MeshResultCounts UdpCounts => new(udpOk, udpFailed, udpExcluded);

    public MeshResultCounts TcpCounts => new(tcpOk, tcpFailed, tcpExcluded);

    public void Udp(in UdpTrial trial)
    {
        Report.Udp(trial.Outcome);
        if (trial.Outcome == UdpOutcome.Ok)
        {
            udpOk++;
            Rtt.Observe(trial.RoundTrip);
            ReportBuckets[Protocol.Mesh.MeshBuckets.BucketOf(trial.RoundTrip)]++;
        }
        else if (trial.Outcome.IsFailure())
        {
            udpFailed++;
        }
        else
        {
            udpExcluded++;
        }
    }

    public void Tcp(in TcpTrial trial)
    {
        Report.Tcp(trial.Outcome);
        if (trial.Outcome == TcpOutcome.Ok) tcpOk++;
        else if (trial.Outcome.IsFailure()) tcpFailed++;
        else tcpExcluded++;
    }
}
