namespace Scout.Protocol.Mesh;

/// <summary>The zones of a fleet, sorted by name, and who is in which.</summary>
internal sealed class MeshZones
{
    private readonly string[] zoneNames;
    private readonly int[] of;
    private readonly int[] place;
    private readonly int[] members;
    private readonly int[] start;

    private MeshZones(string[] zoneNames, int[] of, int[] place, int[] members, int[] start)
    {
        this.zoneNames = zoneNames;
        this.of = of;
        this.place = place;
        this.members = members;
        this.start = start;
    }

    public int Count => zoneNames.Length;

    public static MeshZones Make(MeshMember[] sorted)
    {
        string[] zones = [.. sorted.Select(static one => one.Zone).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var index = new Dictionary<string, int>(zones.Length, StringComparer.Ordinal);
        for (int i = 0; i < zones.Length; i++) index[zones[i]] = i;
        var zoneOf = new int[sorted.Length];
        var starts = new int[zones.Length + 1];
        for (int rank = 0; rank < sorted.Length; rank++)
        {
            zoneOf[rank] = index[sorted[rank].Zone];
            starts[zoneOf[rank] + 1]++;
        }

        for (int i = 0; i < zones.Length; i++) starts[i + 1] += starts[i];
        var next = starts.AsSpan(0, zones.Length).ToArray();
        var ranks = new int[sorted.Length];
        var places = new int[sorted.Length];
        for (int rank = 0; rank < sorted.Length; rank++)
        {
            int at = next[zoneOf[rank]]++;
            ranks[at] = rank;
            places[rank] = at - starts[zoneOf[rank]];
        }

        return new MeshZones(zones, zoneOf, places, ranks, starts);
    }

    public string Name(int zone) => zoneNames[zone];

    public int Of(int rank) => of[rank];

    /// <summary>Place of a node among those of its zone.</summary>
    public int Place(int rank) => place[rank];

    public ReadOnlySpan<int> Members(int zone) => members.AsSpan(start[zone], start[zone + 1] - start[zone]);
}
