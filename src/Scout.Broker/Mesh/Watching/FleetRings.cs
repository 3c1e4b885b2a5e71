using Scout.Broker.Mesh.Localisation;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>The members of the mesh, their places in localiser and topology, and the regular paths between them.</summary>
internal sealed class FleetRings(FleetWatchOptions options, Localiser localiser, IReadOnlyList<PathSigns> signs)
{
    private const int ReportsKept = 30_000;

    private readonly Dictionary<string, int> zoneIndex = new(StringComparer.Ordinal);
    private readonly List<string> zoneNames = [];
    private FleetNode?[] byIndex = [];
    private MeshTopologyOptions shape = options.Topology;
    private long touchedAt = -1;
    private long learnedAt;

    public MeshTopology Topology { get; private set; } = MeshTopology.Build([], options.Topology);

    /// <summary>Members by rank.</summary>
    public FleetNode[] Members { get; private set; } = [];

    public FleetNode? NodeAt(int index) => index >= 0 && index < byIndex.Length ? byIndex[index] : null;

    public string ZoneName(int zone) => zone < zoneNames.Count ? zoneNames[zone] : "";

    /// <summary>Something changed; rings follow a little later.</summary>
    public void Touch(long now)
    {
        if (touchedAt < 0) touchedAt = now;
    }

    /// <summary>Takes over k from what most nodes report: all must have it alike, and the broker has no configuration of theirs.</summary>
    public void Learn(IReadOnlyCollection<FleetNode> nodes, MeshReport report, long now)
    {
        if (report.Members != Topology.Count || report.Rings == (Topology.IsFull ? 0 : Topology.Degree) || now - learnedAt < 10_000) return;
        learnedAt = now;
        int rings = report.Rings;
        int reporting = nodes.Count(one => one.Report is not null && now - one.ReportAt <= ReportsKept);
        if (nodes.Count(one => one.Report?.Rings == rings && now - one.ReportAt <= ReportsKept) * 2 <= reporting) return;
        shape = rings == 0
            ? shape with { Kind = MeshTopologyKind.Full }
            : shape with { Kind = MeshTopologyKind.Rings, Neighbours = Math.Clamp(rings, MeshTopologyOptions.MinNeighbours, MeshTopologyOptions.MaxNeighbours) };
        Touch(now - options.Settle);
    }

    /// <summary>Applies changes of the roster.</summary>
    public void Settle(Dictionary<string, FleetNode> nodes, long now)
    {
        if (touchedAt < 0 || now - touchedAt < options.Settle) return;
        touchedAt = -1;
        foreach (FleetNode node in nodes.Values.ToArray())
        {
            // What a node was told stands before what the cluster says, for nodes as for us: rings must be the same everywhere.
            string zone = node.RosterZone is { Length: > 0 } own ? own : node.Place?.Zone ?? "";
            if (!Protocol.Names.IsNode(zone)) zone = "";
            if (node.Index >= 0 && (!node.IsMember || zone != node.Zone)) Leave(node);
            node.Zone = zone;
            if (node.IsMember && node.Index < 0) Join(node);
            if (node is { State: MeshNodeState.Gone, Index: < 0 }) nodes.Remove(node.Name);
        }

        Topology = MeshTopology.Build(nodes.Values.Where(static one => one.IsMember).Select(static one => new MeshMember(one.Name, one.Zone)), shape);
        Members = new FleetNode[Topology.Count];
        foreach (FleetNode node in nodes.Values)
        {
            node.Rank = node.IsMember ? Topology.RankOf(node.Name) : -1;
            if (node.Rank >= 0) Members[node.Rank] = node;
        }

        foreach (FleetNode node in Members) Connect(node, now);
    }

    private void Connect(FleetNode node, long now)
    {
        ReadOnlySpan<int> neighbours = Topology.Neighbours(node.Rank);
        var paths = new List<FleetPath>(neighbours.Length);
        var before = node.Paths.ToDictionary(static one => one.To);
        foreach (int rank in neighbours)
        {
            FleetNode to = Members[rank];
            if (before.Remove(to, out FleetPath? path))
            {
                paths.Add(path);
                continue;
            }

            long phase = (long)(MeshHash.P(node.Id, to.Id) % (ulong)options.Interval);
            paths.Add(new FleetPath(to, now + options.Timeout + phase));
            localiser.Link(node.Index, to.Index);
            foreach (PathSigns sign in signs) sign.Localiser.Link(node.Index, to.Index);
        }

        foreach (FleetNode to in before.Keys)
        {
            if (to.Index < 0) continue;
            localiser.Unlink(node.Index, to.Index);
            foreach (PathSigns sign in signs) sign.Localiser.Unlink(node.Index, to.Index);
        }

        node.Paths = paths;
    }

    private void Join(FleetNode node)
    {
        int zone = ZoneIndex(node.Zone);
        node.Index = localiser.AddNode(zone);
        foreach (PathSigns sign in signs)
        {
            if (sign.Localiser.AddNode(zone) != node.Index) throw new InvalidOperationException("the localisers count nodes differently");
        }

        if (node.Index >= byIndex.Length) Array.Resize(ref byIndex, Math.Max(64, byIndex.Length * 2));
        byIndex[node.Index] = node;
        node.FarDue = 0;
    }

    private void Leave(FleetNode node)
    {
        localiser.RemoveNode(node.Index);
        foreach (PathSigns sign in signs) sign.Localiser.RemoveNode(node.Index);
        byIndex[node.Index] = null;
        node.Index = -1;
        node.Rank = -1;
        node.Paths = [];
        node.FirstMessage = -1;
        node.LastMessage = -1;
        // Paths towards it must not be taken for paths to its next index.
        foreach (FleetNode? other in byIndex) other?.Paths.RemoveAll(one => one.To == node);
    }

    /// <summary>Zones beyond the bound share the last index.</summary>
    private int ZoneIndex(string zone)
    {
        if (zoneIndex.TryGetValue(zone, out int index)) return index;
        index = Math.Min(zoneNames.Count, Localiser.MaxZones - 1);
        zoneIndex.Add(zone, index);
        if (zoneNames.Count < Localiser.MaxZones) zoneNames.Add(index == Localiser.MaxZones - 1 ? ZoneMatrix.Other : zone);
        return index;
    }
}
