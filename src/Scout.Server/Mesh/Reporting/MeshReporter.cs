using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Statistics;

namespace Scout.Server.Mesh.Reporting;

/// <summary>Where telemetry goes: core publishes, never stored, never waited for.</summary>
internal interface ITelemetryLine
{
    /// <summary>False: nobody hears; what is said now is lost.</summary>
    bool IsOpen { get; }

    void Send(string subject, byte[] message);
}

/// <summary>What a report needs besides counters.</summary>
/// <param name="View">The plan of the moment.</param>
/// <param name="StateOf">State of a peer.</param>
/// <param name="Received">Packets by sender since the last call.</param>
internal sealed record ReportSources(Func<MeshView> View, Func<string, MeshNodeState> StateOf, Func<IReadOnlyList<MeshReceived>> Received);

/// <summary>
/// Says what was lost each second, and within 100 ms of a loss; and each 10 s how everything went. Nothing is queued without a broker but the last report, which goes out
/// when the line is back. No thread of its own: <see cref="Beat"/> and <see cref="Soon"/> are called by timers, or by a simulation.
/// </summary>
internal sealed class MeshReporter
{
    public static readonly TimeSpan BeatTime = TimeSpan.FromSeconds(1);

    /// <summary>After the first loss, for others that come with it.</summary>
    public static readonly TimeSpan SoonTime = TimeSpan.FromMilliseconds(50);

    private const int BeatsAReport = 10;
    private const int FirstReport = 2;

    private readonly Lock gate = new();
    private readonly string node;
    private readonly uint incarnation;
    private readonly MeshStatistics statistics;
    private readonly ReportSources sources;
    private readonly ITelemetryLine line;
    private readonly TimeProvider time;
    private long messages;
    private long reports;
    private long reportedAt;
    private int beats;
    private byte[]? waiting;

    public MeshReporter(string node, uint incarnation, MeshStatistics statistics, ReportSources sources, ITelemetryLine line, TimeProvider time)
    {
        this.node = node;
        this.incarnation = incarnation;
        this.statistics = statistics;
        this.sources = sources;
        this.line = line;
        this.time = time;
        reportedAt = MeshClock.Now(time);
    }

    /// <summary>Of the configuration; the broker has none of it.</summary>
    public int IntervalMs { get; init; } = MeshReport.UsualInterval;

    /// <inheritdoc cref="MeshReport.Witnesses"/>
    public int Witnesses { get; init; } = MeshReport.UsualWitnesses;

    /// <summary>This node drains.</summary>
    public bool Leaving { get; set; }

    /// <summary>Each second.</summary>
    public void Beat()
    {
        lock (gate)
        {
            SayLosses();
            // The first comes soon, so that a node that starts is seen whole.
            if (++beats == FirstReport || beats % BeatsAReport == 0) SayReport();
            else SendWaiting();
        }
    }

    /// <summary>Something was lost a moment ago.</summary>
    public void Soon()
    {
        lock (gate) SayLosses();
    }

    private void SayLosses()
    {
        long now = MeshClock.Now(time);
        var head = new MeshLossMessage
        {
            Node = node,
            Incarnation = incarnation,
            Number = ++messages,
            Clock = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Leaving = Leaving,
        };
        // Taken in any case: without a line what was lost is in the next report, as a count.
        MeshLossMessage message = statistics.TakeLosses(head, now);
        if (line.IsOpen) line.Send(Subjects.MeshLoss(node), message.ToBytes());
    }

    private void SayReport()
    {
        long now = MeshClock.Now(time);
        MeshView view = sources.View();
        var head = new MeshReport
        {
            Node = node,
            Incarnation = incarnation,
            Number = ++reports,
            Clock = time.GetUtcNow().ToUnixTimeMilliseconds(),
            WindowMs = (int)Math.Min(3_600_000, (now - reportedAt) / MeshClock.Millisecond),
            Members = view.Topology.Count,
            Rings = view.Topology.IsFull ? 0 : view.Topology.Degree,
            IntervalMs = IntervalMs,
            Witnesses = Witnesses,
            Zone = view.Zone,
            Received = [.. sources.Received().Take(MeshReport.MaxReceived)],
        };
        waiting = statistics.TakeReport(head, sources.StateOf, reportedAt).ToBytes();
        reportedAt = now;
        SendWaiting();
    }

    private void SendWaiting()
    {
        if (waiting is null || !line.IsOpen) return;
        line.Send(Subjects.MeshReport(node), waiting);
        waiting = null;
    }
}
