using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Statistics;

/// <summary>Everything counted of one neighbour on one plane. Under the lock of its owner; nothing is allocated while it counts.</summary>
internal sealed class PeerTally(string name, byte plane, bool compat)
{
    public const long MedianTime = 30 * MeshClock.Second;

    private readonly RecentValues rtt = new(128);
    private readonly RecentValues tcp = new(32);
    private readonly SecondWindow window = new();
    private readonly MeshCompatTally? compatTally = compat ? new MeshCompatTally() : null;
    private CountTally report;
    private MeshFullSizeCounts fullSize;
    private uint udpFailures;
    private int udpDecided;
    private uint tcpFailures;
    private int tcpDecided;
    private long failedAt = long.MinValue / 2;
    private long udpOk;
    private long udpFailed;
    private long tcpOk;
    private long tcpFailed;

    public string Name => name;

    public byte Plane => plane;

    public string Zone { get; set; } = "";

    public string Address { get; set; } = "";

    /// <summary>The one owner that counts here; made anew when the zone changes.</summary>
    public MeshOwner? Owner { get; set; }

    /// <summary>When it ceased to be a neighbour, monotonic ns; null while it is one.</summary>
    public long? LeftAt { get; set; }

    /// <summary>Of the last UDP probe; null before the first.</summary>
    public UdpOutcome? Last { get; private set; }

    public bool EverAnswered { get; private set; }

    /// <summary>3 of the last 5 decided UDP probes, or the last 2 TCP probes failed.</summary>
    public bool Failing =>
        (udpDecided >= 3 && System.Numerics.BitOperations.PopCount(udpFailures & 0b11111) >= 3) || (tcpDecided >= 2 && (tcpFailures & 0b11) == 0b11);

    public void Udp(in UdpTrial trial)
    {
        Last = trial.Outcome;
        if (trial.Kind is ProbeKind.Ring or ProbeKind.Full) report.Udp(trial.Outcome);
        window.Udp(trial.Outcome, trial.DecidedAt);
        if (trial.Outcome.IsExcluded()) return;
        bool failed = trial.Outcome.IsFailure();
        if (Failing) failedAt = trial.DecidedAt;
        udpFailures = (udpFailures << 1) | (failed ? 1u : 0u);
        udpDecided = Math.Min(udpDecided + 1, 5);
        compatTally?.Udp(failed ? null : trial.RoundTrip);
        if (failed)
        {
            udpFailed++;
            if (Failing) failedAt = trial.DecidedAt;
            return;
        }

        udpOk++;
        EverAnswered = true;
        rtt.Add(trial.RoundTrip, trial.DecidedAt);
    }

    public void Direction(in UdpTrial trial, long at)
    {
        if (trial.Kind is ProbeKind.Ring or ProbeKind.Full) report.Direction(trial.Direction);
        window.Direction(trial.Direction, at);
    }

    public void Late(in UdpTrial trial)
    {
        if (trial.Kind is ProbeKind.Ring or ProbeKind.Full) report.Late();
        window.Late(trial.DecidedAt);
    }

    public void Tcp(in TcpTrial trial)
    {
        report.Tcp(trial.Outcome);
        if (trial.Outcome.IsExcluded()) return;
        bool failed = trial.Outcome.IsFailure();
        tcpFailures = (tcpFailures << 1) | (failed ? 1u : 0u);
        tcpDecided = Math.Min(tcpDecided + 1, 2);
        if (failed)
        {
            tcpFailed++;
            compatTally?.TcpFailed();
            return;
        }

        tcpOk++;
        EverAnswered = true;
        tcp.Add(trial.Total, trial.DecidedAt);
        compatTally?.TcpOk(trial.Connect, Math.Max(0, trial.FirstByte - trial.Connect), trial.Total);
    }

    /// <summary>A full-size packet was answered or not; it enters no ratio.</summary>
    public void FullSize(bool ok) => fullSize = ok ? fullSize with { Ok = fullSize.Ok + 1 } : fullSize with { Failed = fullSize.Failed + 1 };

    public MeshReportRow Report(MeshNodeState state, long since)
    {
        (MeshCounts udp, MeshTcpCounts counts) = report.Take();
        MeshFullSizeCounts sizes = fullSize;
        fullSize = default;
        return new MeshReportRow(name, state, udp, Micros(rtt.Median(since)), counts, Micros(tcp.Median(since))) { FullSize = sizes };
    }

    public PeerStanding Standing(long now) => new(
        name, plane, Zone, Address, Failing, now - failedAt < 60 * MeshClock.Second, Last, window.Sum(now), rtt.Median(now - MedianTime), tcpOk, tcpFailed, tcp.Median(now - MedianTime));

    public MeshPeerSample Sample(long now)
    {
        MeshCounts counts = window.Sum(now);
        int decided = counts.Ok + counts.Lost;
        return new MeshPeerSample
        {
            Name = name,
            Zone = Zone,
            IsHostPlane = plane == 1,
            UdpOk = udpOk,
            UdpFailed = udpFailed,
            TcpOk = tcpOk,
            TcpFailed = tcpFailed,
            UdpRtt = rtt.Median(now - MedianTime) / 1e9,
            TcpRtt = tcp.Median(now - MedianTime) / 1e9,
            Loss = decided == 0 ? null : counts.Loss,
            LossForward = decided == 0 ? null : (double)Math.Min(counts.LostForward, counts.Lost) / decided,
            LossReverse = decided == 0 ? null : (double)Math.Min(counts.LostReverse, counts.Lost) / decided,
            LeftFor = LeftAt is { } left ? MeshClock.Span(Math.Max(0, now - left)) : null,
            Compat = compatTally is null ? null : compatTally.Sample() with { MedianMilliseconds = rtt.Median(now - (2 * MedianTime)) / 1e6 },
        };
    }

    private static int? Micros(long? nanoseconds) => nanoseconds is { } value ? (int)Math.Min(int.MaxValue, value / 1000) : null;
}

/// <summary>A neighbour as the check and the RPC see it.</summary>
/// <param name="Name">Node name.</param>
/// <param name="Plane">0 pod, 1 host.</param>
/// <param name="Zone">Empty: unknown.</param>
/// <param name="Address">That is probed.</param>
/// <param name="Failing">By the rule of the check.</param>
/// <param name="FailedLately">It was failing within the last 60 s.</param>
/// <param name="Last">Of its last UDP probe; null before the first.</param>
/// <param name="Window">UDP of 60 s.</param>
/// <param name="RttNanoseconds">Median of 30 s; null without an answer.</param>
/// <param name="TcpOk">Since it is known.</param>
/// <param name="TcpFailed">Since it is known.</param>
/// <param name="TcpNanoseconds">Median of 30 s; null without an answer.</param>
internal sealed record PeerStanding(
    string Name, byte Plane, string Zone, string Address, bool Failing, bool FailedLately, UdpOutcome? Last, MeshCounts Window, long? RttNanoseconds, long TcpOk, long TcpFailed, long? TcpNanoseconds);
