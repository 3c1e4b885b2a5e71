using System.Collections.Immutable;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Reporting;

/// <summary>What the next loss message tells. Filled on the engine's thread without allocating; under the lock of its owner.</summary>
internal sealed class LossLog
{
    private readonly UdpTrial[] losses = new UdpTrial[MeshLossMessage.MaxRows];
    private readonly UdpTrial[] ways = new UdpTrial[MeshLossMessage.MaxRows];
    private readonly UdpTrial[] late = new UdpTrial[MeshLossMessage.MaxRows];
    private readonly (long From, long Until)[] stalls = new (long, long)[64];
    private readonly List<MeshTrace> traces = [];
    private int lossCount;
    private int wayCount;
    private int lateCount;
    private int stallCount;
    private int more;

    public void Lost(in UdpTrial trial)
    {
        if (lossCount < losses.Length) losses[lossCount++] = trial;
        else more++;
    }

    public void Way(in UdpTrial trial)
    {
        if (wayCount < ways.Length) ways[wayCount++] = trial;
    }

    public void Late(in UdpTrial trial)
    {
        if (lateCount < late.Length) late[lateCount++] = trial;
    }

    public void Stall(long from, long until)
    {
        if (stallCount < stalls.Length) stalls[stallCount++] = (from, until);
        else stalls[^1] = (stalls[^1].From, until);
    }

    /// <summary>Some a minute at most: these may allocate.</summary>
    public void Trace(MeshTrace trace)
    {
        if (traces.Count < MeshLossMessage.MaxTraces) traces.Add(trace);
    }

    /// <summary>Moves what there is into a message and begins anew.</summary>
    public MeshLossMessage Take(MeshLossMessage head, long now)
    {
        ImmutableArray<MeshLoss>.Builder lost = ImmutableArray.CreateBuilder<MeshLoss>(lossCount);
        for (int i = 0; i < lossCount; i++)
        {
            ref readonly UdpTrial trial = ref losses[i];
            lost.Add(new MeshLoss(trial.Path.Peer, trial.Sequence, trial.PortIndex, WayOf(trial.Direction), KindOf(trial.Kind), Age(now, trial.SentAt)));
        }

        ImmutableArray<MeshLossWay>.Builder directions = ImmutableArray.CreateBuilder<MeshLossWay>(wayCount);
        for (int i = 0; i < wayCount; i++) directions.Add(new MeshLossWay(ways[i].Path.Peer, ways[i].Sequence, WayOf(ways[i].Direction)));
        ImmutableArray<MeshLate>.Builder delayed = ImmutableArray.CreateBuilder<MeshLate>(lateCount);
        for (int i = 0; i < lateCount; i++) delayed.Add(new MeshLate(late[i].Path.Peer, late[i].Sequence, Milliseconds(late[i].RoundTrip)));
        ImmutableArray<MeshStall>.Builder stood = ImmutableArray.CreateBuilder<MeshStall>(stallCount);
        for (int i = 0; i < stallCount; i++) stood.Add(new MeshStall(Age(now, stalls[i].From), Milliseconds(stalls[i].Until - stalls[i].From)));
        MeshLossMessage message = head with
        {
            Losses = lost.MoveToImmutable(),
            Directions = directions.MoveToImmutable(),
            Late = delayed.MoveToImmutable(),
            Stalls = stood.MoveToImmutable(),
            Traces = [.. traces],
            More = more,
        };
        traces.Clear();
        // Paths of a plan that is gone must not be kept alive by a log.
        Array.Clear(losses, 0, lossCount);
        Array.Clear(ways, 0, wayCount);
        Array.Clear(late, 0, lateCount);
        lossCount = wayCount = lateCount = stallCount = more = 0;
        return message;
    }

    private static int Age(long now, long at) => Milliseconds(now - at);

    private static int Milliseconds(long nanoseconds) => (int)Math.Clamp(nanoseconds / MeshClock.Millisecond, 0, 3_600_000);

    private static MeshDirection WayOf(LossDirection direction) => direction switch
    {
        LossDirection.Forward => MeshDirection.Forward,
        LossDirection.Reverse => MeshDirection.Reverse,
        _ => MeshDirection.Unknown,
    };

    private static MeshProbeKind KindOf(ProbeKind kind) => kind switch
    {
        ProbeKind.Full => MeshProbeKind.Full,
        ProbeKind.Shift => MeshProbeKind.Shift,
        ProbeKind.Floor => MeshProbeKind.Floor,
        _ => MeshProbeKind.Ring,
    };
}
