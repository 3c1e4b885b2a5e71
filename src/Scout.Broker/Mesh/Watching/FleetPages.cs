using System.Collections.Immutable;
using Scout.Broker.Mesh.Localisation;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>Pages for people and metrics from a watch: summary, matrix of zones, figures.</summary>
public static class FleetPages
{
    private const long ReportsKept = 30_000;
    private const int Window = 30;

    /// <summary>Document <c>summary</c>.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="now">Its milliseconds.</param>
    /// <param name="wall">Wall clock.</param>
    /// <param name="took">Time of the last evaluation.</param>
    public static MeshSummary Summary(FleetWatch watch, long now, DateTimeOffset wall, TimeSpan took)
    {
        FleetNode[] members = watch.Rings.Members;
        FleetNode[] reporting = [.. members.Where(one => one.SpokeWithin(now, watch.Options.Stopped))];
        MeshReport[] reports = [.. Reports(watch, now).Select(static one => one.Report!)];
        (long sent, long lost) = watch.Localiser.CountAll(Window);
        MeshCounts counts = default;
        long tcp = 0;
        long covered = 0;
        var histogram = new long[MeshBuckets.Length];
        foreach (MeshReport report in reports)
        {
            covered += report.WindowMs;
            foreach (MeshZoneRow row in report.Zones)
            {
                counts = counts.Plus(row.Udp);
                tcp += row.Tcp.Ok + row.Tcp.Failed;
                Add(histogram, row.Histogram);
            }
        }

        IReadOnlyList<MeshFault> faults = FaultLines.Joined([.. watch.Faults.Open.Select(fault => watch.Judge.Label(fault, wall - TimeSpan.FromMilliseconds(now - fault.Since)))]);
        return new MeshSummary
        {
            Broker = watch.Options.Broker,
            At = wall,
            Nodes = members.Length,
            Zones = watch.Topology.ZoneCount,
            Rings = watch.Topology.IsFull ? 0 : watch.Topology.Degree,
            Paths = watch.Topology.Paths,
            ProbesPerSecond = covered == 0 ? 0 : Math.Round((counts.Sent + tcp) * 1000.0 / covered, 2),
            WindowS = Window,
            Reporting = reporting.Length,
            DataAgeS = reporting.Length == 0 ? 0 : Math.Round(reporting.Max(one => now - one.LastMessage) / 1000.0, 1),
            Loss = sent == 0 ? 0 : (double)lost / sent,
            RttP50Ms = Milliseconds(histogram, 0.5),
            RttP99Ms = Milliseconds(histogram, 0.99),
            Late = counts.Late,
            Stalled = counts.Sent == 0 ? 0 : (double)counts.Stalled / counts.Sent,
            Background = watch.Localiser.Background,
            Maintenance = Names(members.Where(static one => one.InMaintenance).Select(Why)),
            Leaving = Names(watch.Nodes.Where(static one => one.State == MeshNodeState.Leaving || (one.Leaving && one.State != MeshNodeState.Gone)).Select(static one => one.Name)),
            Missing = Names(members.Where(one => !one.SpokeWithin(now, watch.Options.Stopped)).Select(static one => one.Name).Concat(watch.Absent)),
            Suspects = faults.Count(static one => one.State != MeshFaultState.Confirmed),
            Confirmed = faults.Count(static one => one.State == MeshFaultState.Confirmed),
            Faults = [.. faults.Select(static one => one.Id)],
            More = watch.Faults.Beyond,
            LocaliseMs = Math.Round(took.TotalMilliseconds, 3),
        };
    }

    /// <summary>Document <c>matrix.zone</c>, from the reports of the last 30 s.</summary>
    public static ZoneMatrix Matrix(FleetWatch watch, long now, DateTimeOffset wall)
    {
        string[] zones = [.. Enumerable.Range(0, watch.Topology.ZoneCount).Select(watch.Topology.ZoneName).Select(Shown).Order(StringComparer.Ordinal)];
        HashSet<string> named = [.. zones.Take(ZoneMatrix.MaxZones)];
        var cells = new Dictionary<(string From, string To), Cell>();
        foreach (FleetNode node in Reports(watch, now))
        {
            string from = Label(named, node.Zone);
            foreach (MeshZoneRow row in node.Report!.Zones)
            {
                (string, string) key = (from, Label(named, row.Zone));
                if (!cells.TryGetValue(key, out Cell? cell)) cells[key] = cell = new Cell();
                cell.Udp = cell.Udp.Plus(row.Udp);
                cell.TcpOk += row.Tcp.Ok;
                cell.TcpFailed += row.Tcp.Failed;
                Add(cell.Histogram, row.Histogram);
            }
        }

        return new ZoneMatrix
        {
            At = wall,
            WindowS = 10,
            Zones = zones.Length > ZoneMatrix.MaxZones ? [.. zones.Take(ZoneMatrix.MaxZones), ZoneMatrix.Other] : [.. zones],
            Cells =
            [
                .. cells.OrderBy(static one => one.Key.From, StringComparer.Ordinal).ThenBy(static one => one.Key.To, StringComparer.Ordinal)
                    .Select(static one => new ZoneCell(
                        one.Key.From, one.Key.To, one.Value.Udp.Ok + one.Value.Udp.Lost, one.Value.Udp.Loss, Milliseconds(one.Value.Histogram, 0.5), Milliseconds(one.Value.Histogram, 0.99),
                        one.Value.TcpOk + one.Value.TcpFailed == 0 ? null : (double)one.Value.TcpFailed / (one.Value.TcpOk + one.Value.TcpFailed))),
            ],
        };
    }

    /// <summary>For metrics.</summary>
    public static MeshFigures Figures(FleetWatch watch, long now, TimeSpan took, bool lease, long dropped)
    {
        FleetCounters counters = watch.Counters;
        return new MeshFigures
        {
            Expected = watch.Rings.Members.Length + watch.Absent.Count(),
            Reporting = watch.Rings.Members.Count(one => one.SpokeWithin(now, watch.Options.Stopped)),
            Zones = Matrix(watch, now, DateTimeOffset.UnixEpoch).Cells,
            Faults = [.. watch.Faults.Open.Select(fault => watch.Judge.Label(fault, DateTimeOffset.UnixEpoch))],
            Opened = [.. Enum.GetValues<MeshFaultKind>().Select(kind => (kind, counters.Faults(kind)))],
            LocaliseSeconds = took.TotalSeconds,
            Lease = lease,
            Ignored =
            [
                ("unknown_sender", counters.UnknownSender), ("flood", counters.Flooded), ("repeated", counters.Repeated), ("outdated", counters.Outdated), ("malformed", counters.Malformed),
                ("too_many_losses", counters.TooManyLosses), ("strange_loss", counters.StrangeLosses), ("too_many_nodes", counters.TooManyNodes), ("queue", dropped), ("overflow", watch.Localiser.Overflowed), ("belated", watch.Localiser.Belated),
            ],
            Trials = watch.Localiser.Trials,
            FaultsDropped = watch.Faults.Dropped,
        };
    }

    private static IEnumerable<FleetNode> Reports(FleetWatch watch, long now) => watch.Rings.Members.Where(one => one.Report is not null && now - one.ReportAt <= ReportsKept);

    private static string Label(HashSet<string> named, string zone) => named.Contains(Shown(zone)) ? Shown(zone) : ZoneMatrix.Other;

    private static string Shown(string zone) => zone.Length == 0 ? "-" : zone;

    private static string Why(FleetNode node) =>
        $"{node.Name} ({(node.Place?.Unschedulable == true ? "cordoned" : node.Place?.Ready == false ? "not ready" : "maintenance")})";

    private static ImmutableArray<string> Names(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal).Take(MeshSummary.MaxNames)];

    private static double? Milliseconds(long[] histogram, double quantile) => MeshBuckets.Quantile(histogram, quantile) is { } micros ? Math.Round(micros / 1000, 3) : null;

    private static void Add(long[] sum, ImmutableArray<int> counts)
    {
        if (counts.IsDefault) return;
        for (int i = 0; i < Math.Min(sum.Length, counts.Length); i++) sum[i] += counts[i];
    }

    private sealed class Cell
    {
        public MeshCounts Udp { get; set; }

        public long TcpOk { get; set; }

        public long TcpFailed { get; set; }

        public long[] Histogram { get; } = new long[MeshBuckets.Length];
    }
}
