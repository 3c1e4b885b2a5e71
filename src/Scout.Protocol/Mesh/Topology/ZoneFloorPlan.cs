namespace Scout.Protocol.Mesh;

/// <summary>
/// What the rings owe to pairs of zones (mesh.md 4): want = min(20, 5 n_a / (Z-1)) probes a second from a to b, of which the c ring edges make one each. The
/// rest, D, is spread over the nodes of a by the second. Whole numbers throughout: D is a fraction over Z-1.
/// </summary>
public sealed class ZoneFloorPlan
{
    /// <summary>With more zones there is no floor: nobody could pay for it, and the table is their square.</summary>
    public const int MaxZones = 256;

    private readonly MeshZones zones;

    /// <summary>Numerator of D by ordered pair of zones.</summary>
    private readonly int[] owed;

    private ZoneFloorPlan(MeshZones zones, int[] owed)
    {
        this.zones = zones;
        this.owed = owed;
    }

    internal static ZoneFloorPlan? Make(MeshZones zones, RingEdges rings, MeshTopologyOptions options)
    {
        int count = zones.Count;
        if (count is < 2 or > MaxZones || options.FloorPerSecond <= 0 || options.FloorBudget <= 0) return null;
        var edges = new int[count * count];
        for (int zone = 0; zone < count; zone++)
        {
            foreach (int rank in zones.Members(zone))
            {
                foreach (int target in rings.Out(rank)) edges[(zone * count) + zones.Of(target)]++;
            }
        }

        var table = new int[count * count];
        for (int from = 0; from < count; from++)
        {
            long want = Math.Min((long)options.FloorPerSecond * (count - 1), (long)options.FloorBudget * zones.Members(from).Length);
            for (int to = 0; to < count; to++)
            {
                int pair = (from * count) + to;
                table[pair] = from == to ? 0 : (int)Math.Max(0, want - ((long)edges[pair] * (count - 1)));
            }
        }

        return new ZoneFloorPlan(zones, table);
    }

    internal int Targets(int rank, ulong id, long t, Span<int> targets)
    {
        int from = zones.Of(rank);
        int size = zones.Members(from).Length;
        int unit = zones.Count - 1;
        int count = 0;
        for (int to = 0; to < zones.Count; to++)
        {
            int due = owed[(from * zones.Count) + to];
            if (due == 0) continue;
            // Each pair of zones begins at another second, so that a node's turns do not all fall into one.
            int sends = Sends(due, unit, size, zones.Place(rank), t + to);
            ReadOnlySpan<int> there = zones.Members(to);
            for (int i = 0; i < sends && count < targets.Length; i++)
            {
                targets[count++] = there[(int)((MeshHash.H((ulong)t, id) + (ulong)i) % (ulong)there.Length)];
            }
        }

        return count;
    }

    /// <summary>How many of D = due / unit probes fall to the node at a place, of <paramref name="size"/>, in second t.</summary>
    private static int Sends(int due, int unit, int size, int place, long t)
    {
        int each = due / (unit * size);
        int rest = due - (each * unit * size);
        if (rest == 0) return each;
        if (rest >= unit) return RingEdges.Modulo(place + t, size) < (rest + unit - 1) / unit ? each + 1 : each;
        int pause = (unit + rest - 1) / rest;
        bool turn = RingEdges.Modulo(t, pause) == 0 && RingEdges.Modulo(Math.DivRem(t, pause).Quotient, size) == place;
        return turn ? each + 1 : each;
    }
}
