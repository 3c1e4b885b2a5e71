using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Planning;

/// <summary>Shift and zone floor of one node, by the topology of the moment.</summary>
/// <param name="topology">Of all members.</param>
/// <param name="self">Own rank.</param>
/// <param name="pathOfRank">Index into the plan's paths; -1: none.</param>
/// <param name="shift">Whether there is a rotating probe.</param>
internal sealed class FarTargets(MeshTopology topology, int self, int[] pathOfRank, bool shift) : IFarTargets
{
    public int Choose(long second, Span<FarTarget> targets)
    {
        int count = 0;
        if (shift && targets.Length > 0 && topology.ShiftTarget(self, second) is var far and >= 0 && pathOfRank[far] >= 0)
        {
            targets[count++] = new FarTarget(pathOfRank[far], ProbeKind.Shift);
        }

        Span<int> floor = stackalloc int[IFarTargets.Most];
        int found = topology.ZoneFloor(self, second, floor[..Math.Min(floor.Length, targets.Length - count)]);
        for (int i = 0; i < found; i++)
        {
            if (pathOfRank[floor[i]] >= 0) targets[count++] = new FarTarget(pathOfRank[floor[i]], ProbeKind.Floor);
        }

        return count;
    }
}
