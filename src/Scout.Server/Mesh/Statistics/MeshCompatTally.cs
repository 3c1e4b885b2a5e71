namespace Scout.Server.Mesh.Statistics;

/// <summary>
/// What the metrics of older tools want to know of one neighbour and ours do not: running sums of single probes, and batches of five. Kept only when
/// <c>metrics.compat</c> asks for it. One thread adds, any may read; a reader may see a sum a probe older than its neighbour.
/// </summary>
internal sealed class MeshCompatTally
{
    /// <summary>A batch of kconmon's UDP test.</summary>
    private const int Batch = 5;

    /// <summary>What a lost probe of a batch enters its mean with, ns: kconmon's own timeout.</summary>
    private const long LostEnters = 250_000_000;

    private readonly long[] batch = new long[Batch];
    private readonly Lock gate = new();
    private int filled;
    private int lost;
    private MeshCompatSample sample = new();

    /// <summary>A decided UDP probe; null when it was not answered.</summary>
    public void Udp(long? roundTripNanoseconds)
    {
        lock (gate)
        {
            batch[filled++] = roundTripNanoseconds ?? LostEnters;
            if (roundTripNanoseconds is null) lost++;
            if (filled < Batch) return;
            sample = sample with
            {
                UdpMeanMilliseconds = batch.Average() / 1e6,
                UdpSpreadMilliseconds = (batch.Max() - batch.Min()) / 1e6,
                UdpLossPercent = 100.0 * lost / Batch,
                UdpPassed = sample.UdpPassed + (lost == 0 ? 1 : 0),
                UdpFailed = sample.UdpFailed + (lost == 0 ? 0 : 1),
            };
            filled = lost = 0;
        }
    }

    /// <summary>A TCP probe that got its answer.</summary>
    /// <param name="connect">To the established connection, ns.</param>
    /// <param name="firstByte">From there to the first byte of the answer, ns.</param>
    /// <param name="total">All of it, ns.</param>
    public void TcpOk(long connect, long firstByte, long total)
    {
        lock (gate)
        {
            sample = sample with
            {
                TcpPassed = sample.TcpPassed + 1,
                TcpConnectMilliseconds = connect / 1e6,
                TcpTotalMilliseconds = total / 1e6,
                // Each latency is cut to whole milliseconds before it is added: the older tool's dashboards divide by the count of requests.
                LatencySumMilliseconds = sample.LatencySumMilliseconds + (total / 1_000_000),
                ConnectSumMicroseconds = sample.ConnectSumMicroseconds + (connect / 1000),
                ProcessingSumMicroseconds = sample.ProcessingSumMicroseconds + (firstByte / 1000),
            };
        }
    }

    public void TcpFailed()
    {
        lock (gate) sample = sample with { TcpFailed = sample.TcpFailed + 1 };
    }

    public MeshCompatSample Sample()
    {
        lock (gate) return sample;
    }
}

/// <summary>The tally at one moment; gauges are null before the first value.</summary>
internal sealed record MeshCompatSample
{
    public long TcpPassed { get; init; }

    public long TcpFailed { get; init; }

    public double? TcpConnectMilliseconds { get; init; }

    public double? TcpTotalMilliseconds { get; init; }

    public long LatencySumMilliseconds { get; init; }

    public long ConnectSumMicroseconds { get; init; }

    public long ProcessingSumMicroseconds { get; init; }

    public double? UdpMeanMilliseconds { get; init; }

    public double? UdpSpreadMilliseconds { get; init; }

    public double? UdpLossPercent { get; init; }

    public long UdpPassed { get; init; }

    public long UdpFailed { get; init; }

    /// <summary>Median of the good UDP probes of 60 s, ms; null while the peer does not answer.</summary>
    public double? MedianMilliseconds { get; init; }
}
