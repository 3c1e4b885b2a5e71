namespace Scout.Protocol.Mesh;

/// <summary>
/// Who probes whom: a pure function of names, zones and k (mesh.md 4). Every node computes its part, the broker all, and both get the same whatever the order of
/// the input. Ranks are places in the list sorted by name (ordinal). Immutable.
/// </summary>
public sealed class MeshTopology
{
    private readonly string[] names;
    private readonly ulong[] ids;
    private readonly RingEdges? rings;
    private readonly MeshZones zones;
    private readonly ZoneFloorPlan? floor;

    /// <summary>0, 1, ... N-1 twice: of a full mesh the neighbours of x are a slice of it.</summary>
    private readonly int[] twice;

    private MeshTopology(string[] names, ulong[] ids, MeshZones zones, MeshTopologyOptions options)
    {
        this.names = names;
        this.ids = ids;
        this.zones = zones;
        Options = options;
        IsFull = options.Kind == MeshTopologyKind.Full || (options.Kind == MeshTopologyKind.Auto && names.Length <= options.FullMeshMax);
        if (IsFull)
        {
            twice = new int[2 * names.Length];
            for (int i = 0; i < twice.Length; i++) twice[i] = i % names.Length;
            return;
        }

        twice = [];
        rings = RingEdges.Make(ids, Math.Clamp(options.Neighbours, MeshTopologyOptions.MinNeighbours, MeshTopologyOptions.MaxNeighbours));
        floor = ZoneFloorPlan.Make(zones, rings, options);
    }

    public MeshTopologyOptions Options { get; }

    /// <summary>Nodes.</summary>
    public int Count => names.Length;

    /// <summary>True: everybody probes everybody, and there is neither shift nor floor.</summary>
    public bool IsFull { get; }

    /// <summary>k of the rings; N-1 in a full mesh.</summary>
    public int Degree => rings?.Degree ?? Math.Max(0, names.Length - 1);

    /// <summary>Ordered pairs that are probed all the time.</summary>
    public long Paths => (long)Count * Degree;

    public int ZoneCount => zones.Count;

    /// <summary>Builds it. 10,000 nodes take some 10 ms.</summary>
    /// <exception cref="ArgumentException">A name stands there twice.</exception>
    public static MeshTopology Build(IEnumerable<MeshMember> members, MeshTopologyOptions options)
    {
        MeshMember[] sorted = [.. members];
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        var sortedNames = new string[sorted.Length];
        var sortedIds = new ulong[sorted.Length];
        for (int i = 0; i < sorted.Length; i++)
        {
            sortedNames[i] = sorted[i].Name;
            sortedIds[i] = NodeId.Of(sortedNames[i]);
            if (i > 0 && sortedNames[i] == sortedNames[i - 1]) throw new ArgumentException($"node '{Shown.Clip(sortedNames[i])}' is there twice", nameof(members));
        }

        return new MeshTopology(sortedNames, sortedIds, MeshZones.Make(sorted), options);
    }

    public string Name(int rank) => names[rank];

    /// <summary><see cref="NodeId.Of"/> its name.</summary>
    public ulong Id(int rank) => ids[rank];

    /// <summary>-1: no such node.</summary>
    public int RankOf(string name)
    {
        int found = Array.BinarySearch(names, name, StringComparer.Ordinal);
        return found < 0 ? -1 : found;
    }

    /// <summary>Index of a node's zone; zones are sorted by name.</summary>
    public int ZoneOf(int rank) => zones.Of(rank);

    public string ZoneName(int zone) => zones.Name(zone);

    /// <summary>Ranks of a zone's nodes, ascending: a node's place here is its zone rank.</summary>
    public ReadOnlySpan<int> ZoneMembers(int zone) => zones.Members(zone);

    /// <summary>Whom a node probes: ring by ring, or in a full mesh the others from the next rank on.</summary>
    public ReadOnlySpan<int> Neighbours(int rank) => rings is { } edges ? edges.Out(rank) : Others(rank);

    /// <summary>Who probes a node, ascending in rings. Their number is what <c>in_probers_expected</c> shows.</summary>
    public ReadOnlySpan<int> InProbers(int rank) => rings is { } edges ? edges.In(rank) : Others(rank);

    /// <summary>
    /// The long-range probe of second <paramref name="t"/>: over N-1 seconds every ordered pair once. -1 in a full mesh, and where nobody else is.
    /// </summary>
    /// <param name="rank">Who probes.</param>
    /// <param name="t">Unix seconds of the node's wall clock: it chooses whom, never when.</param>
    public int ShiftTarget(int rank, long t) => rings?.Shift(rank, t) ?? -1;

    /// <summary>Zone-floor probes of a node in second <paramref name="t"/>; none in a full mesh, nor with one zone or more than <see cref="ZoneFloorPlan.MaxZones"/>.</summary>
    /// <param name="rank">Who probes.</param>
    /// <param name="t">Unix seconds of the node's wall clock.</param>
    /// <param name="targets">Gets their ranks; what does not fit is left out.</param>
    /// <returns>How many.</returns>
    public int ZoneFloor(int rank, long t, Span<int> targets) => floor?.Targets(rank, ids[rank], t, targets) ?? 0;

    private ReadOnlySpan<int> Others(int rank) => names.Length == 0 ? [] : twice.AsSpan(rank + 1, names.Length - 1);
}
