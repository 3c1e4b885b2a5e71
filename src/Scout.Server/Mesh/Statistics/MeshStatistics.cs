using System.Collections.Immutable;
using Scout.Checks.Paths;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Reporting;

namespace Scout.Server.Mesh.Statistics;

/// <summary>
/// Counts what the prober tells. Its lock is private, held for a few counters on the engine's thread and for a copy elsewhere; a probe allocates nothing.
/// Memory is bounded: a tally for each neighbour, for those that left a while ago, and for each zone.
/// </summary>
internal sealed class MeshStatistics : IMeshObserver
{
    /// <summary>Zones with a tally of their own; the last holds all others.</summary>
    public const int MaxZones = MeshReport.MaxZones;

    /// <summary>Peers that left and are still shown.</summary>
    public const int MaxLeft = 256;

    /// <summary>Zones with a name in the metrics.</summary>
    private const int ShownZones = 8;

    private readonly Lock gate = new();
    private readonly bool compat;
    private readonly long keep;
    private readonly Action<string, bool> said;
    private readonly Action lossSeen;
    private readonly Dictionary<(string, byte), PeerTally> peers = [];
    private readonly List<ZoneTally> zones = [];
    private readonly Dictionary<string, ZoneTally> zoneOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MeshOwner> far = new(StringComparer.Ordinal);
    private readonly SecondWindow window = new();
    private readonly MeshHistogram connect = new();
    private readonly MeshHistogram total = new();
    private readonly long[] udp = new long[6];
    private readonly long[] tcp = new long[9];
    private readonly long[] ports = new long[16];
    private readonly LossLog log = new();
    private long late;
    private long duplicate;
    private long reordered;
    private long stalled;
    private long reportedStall;
    private long reactiveOk;
    private long reactiveFailed;
    private long reactiveBudget;
    private long traceOk;
    private long traceFailed;
    private long traceBudget;
    private long mtuOk;
    private long mtuFailed;
    private bool suspectsSelf;
    private bool anyLoss;

    /// <param name="compat">Whether metrics of older tools are asked for.</param>
    /// <param name="keep">ns that the counters of a peer that left are kept.</param>
    /// <param name="said">A peer said that it is leaving, or is back. On the engine's thread: neither blocks nor throws.</param>
    /// <param name="lossSeen">The first loss since the last message. On the engine's thread: neither blocks nor throws.</param>
    public MeshStatistics(bool compat, long keep, Action<string, bool> said, Action lossSeen)
    {
        this.compat = compat;
        this.keep = keep;
        this.said = said;
        this.lossSeen = lossSeen;
    }

    public bool SuspectsSelf
    {
        get
        {
            lock (gate) return suspectsSelf;
        }
    }

    /// <summary>Where the trials of a path count; the same object as long as nothing changes.</summary>
    public MeshOwner OwnerOf(string peer, string zone, byte plane, bool neighbour)
    {
        lock (gate)
        {
            if (!neighbour)
            {
                if (!far.TryGetValue(zone, out MeshOwner? owner)) far[zone] = owner = new MeshOwner(ZoneOf(zone), null);
                return owner;
            }

            if (!peers.TryGetValue((peer, plane), out PeerTally? tally)) peers[(peer, plane)] = tally = new PeerTally(peer, plane, compat && plane != 1);
            tally.Zone = zone;
            return tally.Owner is { } had && (plane != 0 || had.Zone?.Zone == ZoneOf(zone).Zone) ? had : tally.Owner = new MeshOwner(plane == 0 ? ZoneOf(zone) : null, tally);
        }
    }

    /// <summary>There is another plan.</summary>
    public void Apply(MeshView view, long now)
    {
        lock (gate)
        {
            foreach (MeshPath path in view.Plan.Paths)
            {
                if (path.Role == PathRole.Neighbour && peers.TryGetValue((path.Peer, path.Plane), out PeerTally? tally)) tally.Address = path.Address.ToString();
            }

            foreach (PeerTally tally in peers.Values) tally.LeftAt = tally.Plane == MeshPath.SelfPlane || view.Neighbours.Contains(tally.Name) ? null : tally.LeftAt ?? now;
            (string, byte)[] over = [.. peers.Where(pair => pair.Value.LeftAt is { } left && now - left > keep).Select(static pair => pair.Key)];
            foreach ((string, byte) key in over) peers.Remove(key);
            int left = peers.Values.Count(static tally => tally.LeftAt is not null);
            if (left <= MaxLeft) return;
            foreach ((string, byte) key in peers.Where(static pair => pair.Value.LeftAt is not null).OrderBy(static pair => pair.Value.LeftAt).Take(left - MaxLeft).Select(static pair => pair.Key).ToArray()) peers.Remove(key);
        }
    }

    public void Udp(in UdpTrial trial)
    {
        lock (gate)
        {
            if (!trial.Kind.Counts())
            {
                Beside(trial);
                return;
            }

            if (trial.Path.Owner is not MeshOwner owner) return;
            owner.Peer?.Udp(trial);
            if (owner.Zone is not { } zone) return;
            zone.Udp(trial);
            udp[(int)trial.Outcome]++;
            window.Udp(trial.Outcome, trial.DecidedAt);
            if (!trial.Outcome.IsFailure()) return;
            ports[trial.PortIndex & 15]++;
            log.Lost(trial);
            if (trial.Direction != LossDirection.Unknown) CountWay(trial, owner);
            if (anyLoss) return;
            anyLoss = true;
        }

        lossSeen();
    }

    public void Late(in UdpTrial trial)
    {
        lock (gate)
        {
            if (!trial.Kind.Counts() || trial.Path.Owner is not MeshOwner owner) return;
            owner.Peer?.Late(trial);
            if (owner.Zone is not { } zone) return;
            zone.Report.Late();
            window.Late(trial.DecidedAt);
            late++;
            log.Late(trial);
        }
    }

    public void Direction(in UdpTrial trial)
    {
        lock (gate)
        {
            if (!trial.Kind.Counts() || trial.Path.Owner is not MeshOwner owner) return;
            CountWay(trial, owner);
            if (owner.Zone is not null) log.Way(trial);
        }
    }

    public void Tcp(in TcpTrial trial)
    {
        lock (gate)
        {
            if (trial.Path.Owner is not MeshOwner owner) return;
            owner.Peer?.Tcp(trial);
            if (owner.Zone is not { } zone) return;
            zone.Tcp(trial);
            tcp[(int)trial.Outcome]++;
            if (trial.Outcome != TcpOutcome.Ok) return;
            connect.Observe(trial.Connect);
            total.Observe(trial.Total);
        }
    }

    public void Stall(long from, long until)
    {
        lock (gate)
        {
            stalled += until - from;
            reportedStall += until - from;
            log.Stall(from, until);
        }
    }

    public void Note(MeshNote note, MeshPath? path)
    {
        lock (gate)
        {
            switch (note)
            {
                case MeshNote.Duplicate: duplicate++; break;
                case MeshNote.Reordered: reordered++; break;
                case MeshNote.ReactiveBudget: reactiveBudget++; break;
                case MeshNote.TraceBudget: traceBudget++; break;
                default: break;
            }
        }
    }

    public void Leaving(MeshPath path, bool leaving) => said(path.Peer, leaving);

    public void SuspectSelf(bool suspected, long now)
    {
        lock (gate) suspectsSelf = suspected;
    }

    /// <summary>A trace ended; the next loss message tells of it.</summary>
    public void Traced(string peer, TraceResult result)
    {
        lock (gate)
        {
            if (result.End == TraceEnd.Local) traceFailed++;
            else traceOk++;
            log.Trace(new MeshTrace(peer, result.Summary));
        }
    }

    /// <summary>Whether a peer answered since it is counted.</summary>
    public bool Answered(string peer)
    {
        lock (gate) return peers.TryGetValue((peer, 0), out PeerTally? tally) && tally.EverAnswered;
    }

    public MeshLossMessage TakeLosses(MeshLossMessage head, long now)
    {
        lock (gate)
        {
            anyLoss = false;
            return log.Take(head with { SuspectSelf = suspectsSelf }, now);
        }
    }

    /// <summary>Adds what was counted since <paramref name="since"/> to a report, and begins anew.</summary>
    public MeshReport TakeReport(MeshReport head, Func<string, MeshNodeState> stateOf, long since)
    {
        lock (gate)
        {
            ImmutableArray<MeshReportRow> rows =
            [
                .. peers.Values.Where(static tally => tally.Plane == 0 && tally.LeftAt is null).OrderBy(static tally => tally.Name, StringComparer.Ordinal)
                    .Select(tally => tally.Report(stateOf(tally.Name), since)),
            ];
            ImmutableArray<MeshZoneRow>.Builder byZone = ImmutableArray.CreateBuilder<MeshZoneRow>();
            foreach (ZoneTally zone in zones)
            {
                (MeshCounts counts, MeshTcpCounts connections) = zone.Report.Take();
                if (counts.Sent > 0 || connections != default) byZone.Add(new MeshZoneRow(zone.Zone, counts, connections, [.. zone.ReportBuckets]));
                Array.Clear(zone.ReportBuckets);
            }

            int stood = (int)Math.Min(3_600_000, reportedStall / MeshClock.Millisecond);
            reportedStall = 0;
            return head with { SuspectSelf = suspectsSelf, StalledMs = stood, Rows = rows, Zones = byZone.ToImmutable() };
        }
    }

    /// <summary>Every neighbour of now, by name and plane.</summary>
    public ImmutableArray<PeerStanding> Standings(long now)
    {
        lock (gate)
        {
            return [.. peers.Values.Where(static tally => tally.LeftAt is null && tally.Plane != MeshPath.SelfPlane).OrderBy(static tally => tally.Name, StringComparer.Ordinal).ThenBy(static tally => tally.Plane).Select(tally => tally.Standing(now))];
        }
    }

    /// <summary>All probes that count, of 60 s, and their round trips since the start.</summary>
    public (MeshCounts Counts, MeshHistogramSample Rtt) Whole(long now)
    {
        lock (gate) return (window.Sum(now), Merge(zones));
    }

    /// <summary>The counters; what is known of peers, rings and responder is added by the caller.</summary>
    public MeshSnapshot Snapshot(long now)
    {
        lock (gate)
        {
            return new MeshSnapshot
            {
                Peers =
                [
                    .. peers.Values.Where(static tally => tally.Plane != MeshPath.SelfPlane).OrderBy(static tally => tally.Name, StringComparer.Ordinal).ThenBy(static tally => tally.Plane)
                        .Select(tally => tally.Sample(now)),
                ],
                Self = peers.Values.FirstOrDefault(static tally => tally.Plane == MeshPath.SelfPlane)?.Sample(now),
                Zones = ShowZones(),
                UdpOutcomes = [.. udp],
                TcpOutcomes = [.. tcp],
                TcpConnect = connect.Sample(),
                TcpTotal = total.Sample(),
                Late = late,
                Duplicate = duplicate,
                Reordered = reordered,
                Stalled = MeshClock.Span(stalled),
                PortLost = [.. ports],
                Reactive = new MeshSpending(reactiveOk, reactiveFailed, reactiveBudget),
                Traces = new MeshSpending(traceOk, traceFailed, traceBudget),
                Mtu = new MeshSpending(mtuOk, mtuFailed, 0),
            };
        }
    }

    private void Beside(in UdpTrial trial)
    {
        if (trial.Outcome.IsExcluded() || trial.Path.IsSelf) return;
        bool ok = trial.Outcome == UdpOutcome.Ok;
        if (trial.Kind == ProbeKind.Mtu)
        {
            if (ok) mtuOk++;
            else mtuFailed++;
            (trial.Path.Owner as MeshOwner)?.Peer?.FullSize(ok);
        }
        else if (ok)
        {
            reactiveOk++;
        }
        else
        {
            reactiveFailed++;
        }
    }

    private void CountWay(in UdpTrial trial, MeshOwner owner)
    {
        owner.Peer?.Direction(trial, trial.DecidedAt);
        if (owner.Zone is not { } zone) return;
        zone.Report.Direction(trial.Direction);
        window.Direction(trial.Direction, trial.DecidedAt);
    }

    private ZoneTally ZoneOf(string zone)
    {
        if (zoneOf.TryGetValue(zone, out ZoneTally? tally)) return tally;
        if (zones.Count == MaxZones) return zones[^1];
        tally = new ZoneTally(zones.Count == MaxZones - 1 ? ZoneMatrix.Other : zone);
        zones.Add(tally);
        return zoneOf[zone] = tally;
    }

    private ImmutableArray<MeshZoneSample> ShowZones()
    {
        ImmutableArray<MeshZoneSample>.Builder shown = ImmutableArray.CreateBuilder<MeshZoneSample>();
        foreach (ZoneTally zone in zones.Take(ShownZones)) shown.Add(new MeshZoneSample { Zone = zone.Zone, Udp = zone.UdpCounts, Tcp = zone.TcpCounts, Rtt = zone.Rtt.Sample() });
        if (zones.Count <= ShownZones) return shown.ToImmutable();
        ZoneTally[] rest = [.. zones.Skip(ShownZones)];
        shown.Add(new MeshZoneSample
        {
            Zone = ZoneMatrix.Other,
            Udp = Sum(rest.Select(static zone => zone.UdpCounts)),
            Tcp = Sum(rest.Select(static zone => zone.TcpCounts)),
            Rtt = Merge(rest),
        });
        return shown.ToImmutable();
    }

    private static MeshResultCounts Sum(IEnumerable<MeshResultCounts> counts) =>
        counts.Aggregate(default(MeshResultCounts), static (sum, one) => new MeshResultCounts(sum.Ok + one.Ok, sum.Fail + one.Fail, sum.Excluded + one.Excluded));

    private static MeshHistogramSample Merge(IEnumerable<ZoneTally> some)
    {
        var cumulative = new long[MeshBuckets.Length];
        double sum = 0;
        foreach (ZoneTally zone in some)
        {
            MeshHistogramSample sample = zone.Rtt.Sample();
            for (int i = 0; i < cumulative.Length; i++) cumulative[i] += sample.Cumulative[i];
            sum += sample.Sum;
        }

        return new MeshHistogramSample([.. cumulative], sum);
    }
}
