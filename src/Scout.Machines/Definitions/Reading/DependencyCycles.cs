using System.Collections.Immutable;

namespace Scout.Machines.Definitions.Reading;

/// <summary>A machine may not wait for itself (machines.md 6.4).</summary>
internal static class DependencyCycles
{
    public const string Hint = "leave one of these dependencies out";

    /// <summary>Reports the cycles inside one file; false when there is one.</summary>
    public static bool CheckFile(ReadContext context, List<MachineDefinition> machines, List<MachinePlace> places)
    {
        var graph = new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (MachineDefinition machine in machines)
        {
            if (machine.DependsOn.Length > 0) graph[machine.Name] = machine.DependsOn;
        }

        if (graph.Count == 0) return true;
        HashSet<string> waitedFor = [.. graph.Values.SelectMany(static parents => parents)];
        var said = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < machines.Count; i++)
        {
            if (said.Contains(machines[i].Name) || !waitedFor.Contains(machines[i].Name) || Find(machines[i].Name, graph) is not { } cycle) continue;
            said.UnionWith(cycle);
            context.Findings.Add(places[i].DependsLine, places[i].DependsColumn, Severity.Error, FindingKind.DependencyCycle, Text(cycle), Hint);
        }

        return said.Count == 0;
    }

    /// <summary>
    /// A cycle through a machine, beginning and ending with it; null when there is none. Linear, and without recursion; callers ask only for machines
    /// that somebody waits for, which are few.
    /// </summary>
    public static List<string>? Find(string start, IReadOnlyDictionary<string, ImmutableArray<string>> graph)
    {
        var cameFrom = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new Queue<string>();
        open.Enqueue(start);
        while (open.TryDequeue(out string? at))
        {
            if (!graph.TryGetValue(at, out ImmutableArray<string> parents)) continue;
            foreach (string parent in parents)
            {
                if (parent == start)
                {
                    var cycle = new List<string> { start };
                    for (string step = at; step != start; step = cameFrom[step]) cycle.Insert(0, step);
                    cycle.Insert(0, start);
                    return cycle;
                }

                if (cameFrom.TryAdd(parent, at)) open.Enqueue(parent);
            }
        }

        return null;
    }

    public static string Text(List<string> cycle) => $"machines wait for each other: {string.Join(" -> ", cycle)}";
}
