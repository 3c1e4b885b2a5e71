using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;

namespace Scout.Mesh.Simulation;

/// <summary>Shift and floor of a node. A plan of 1000 nodes would have 1000 paths in each of them, so only those of the next minute are in it.</summary>
internal sealed class SimFarTargets(MeshTopology topology, int rank, Dictionary<int, int> pathOf) : IFarTargets
{
    /// <summary>How far a plan looks ahead, at most.</summary>
    public const int Seconds = 64;
    private const int Small = 64;

    /// <summary>Ranks that will be probed.</summary>
    public IEnumerable<int> Coming(long second, int ahead)
    {
        if (topology.Count <= Small) return Enumerable.Range(0, topology.Count).Where(one => one != rank);
        HashSet<int> ranks = [];
        var floor = new int[IFarTargets.Most];
        for (long t = second; t < second + ahead + 2; t++)
        {
            if (topology.ShiftTarget(rank, t) is var far and >= 0) ranks.Add(far);
            int found = topology.ZoneFloor(rank, t, floor);
            for (int i = 0; i < found; i++) ranks.Add(floor[i]);
        }

        ranks.Remove(rank);
        return ranks;
    }

    public int Choose(long second, Span<FarTarget> targets)
    {
        int count = 0;
        if (targets.Length > 0 && topology.ShiftTarget(rank, second) is var far and >= 0 && pathOf.TryGetValue(far, out int path)) targets[count++] = new FarTarget(path, ProbeKind.Shift);
        Span<int> floor = stackalloc int[IFarTargets.Most];
        int found = topology.ZoneFloor(rank, second, floor[..Math.Min(floor.Length, targets.Length - count)]);
        for (int i = 0; i < found; i++)
        {
            if (pathOf.TryGetValue(floor[i], out int one)) targets[count++] = new FarTarget(one, ProbeKind.Floor);
        }

        return count;
    }
}
