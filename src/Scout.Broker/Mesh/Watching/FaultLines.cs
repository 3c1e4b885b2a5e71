using Scout.Protocol.Mesh;

namespace Scout.Broker.Mesh.Watching;

/// <summary>Faults as a list for people.</summary>
public static class FaultLines
{
    private const int Joins = 3;

    /// <summary>The gravest first; three or more pairs with a common end are one line, the first of them with the number of the others.</summary>
    public static IReadOnlyList<MeshFault> Joined(IReadOnlyCollection<MeshFault> faults)
    {
        List<MeshFault> lines = [.. faults.OrderByDescending(static one => one.State == MeshFaultState.Confirmed).ThenByDescending(static one => one.Kind == MeshFaultKind.Zone)
            .ThenByDescending(static one => one.Confidence).ThenBy(static one => one.Since).ThenBy(static one => one.Id, StringComparer.Ordinal)];
        while (true)
        {
            IGrouping<string, MeshFault>? largest = lines.Where(static one => one.Kind == MeshFaultKind.Pair && one.More == 0)
                .SelectMany(static one => one.Component.Split('/').Select(end => (End: end, Fault: one)))
                .GroupBy(static one => one.End, static one => one.Fault, StringComparer.Ordinal)
                .Where(static group => group.Count() >= Joins)
                .OrderByDescending(static group => group.Count()).ThenBy(static group => group.Key, StringComparer.Ordinal)
                .FirstOrDefault();
            if (largest is null) return lines;
            MeshFault first = largest.First();
            int more = largest.Count() - 1;
            int at = lines.IndexOf(first);
            MeshFault[] rest = [.. largest.Skip(1)];
            lines[at] = first with { More = more, Text = $"{first.Text} and {more} more of {largest.Key}" };
            lines.RemoveAll(one => rest.Contains(one));
        }
    }
}
