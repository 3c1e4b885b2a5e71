using System.Collections.Immutable;
using System.Globalization;
using Scout.Machines.Definitions.Reading;

namespace Scout.Machines.Definitions;

/// <summary>All files of a machine directory together: who owns which name, and what the good files define (machines.md 4.2).</summary>
public sealed record DefinitionSet
{
    /// <summary>In ordinal order of their paths, each with the findings that only the whole shows; a file with an error defines nothing.</summary>
    public required ImmutableArray<DefinitionFile> Files { get; init; }

    /// <summary>The machines of all good files, in that order.</summary>
    public required ImmutableArray<MachineDefinition> Machines { get; init; }

    /// <summary>Path by machine name, to be given to the next <see cref="Combine"/>.</summary>
    public required IReadOnlyDictionary<string, string> Owners { get; init; }

    /// <summary>
    /// Resolves the rules over files. The first path to use a name owns it until it goes; names that differ in case alone are one name; a file that
    /// closes a cycle of dependencies is refused.
    /// </summary>
    /// <param name="files">All files there are now, good and bad, in any order.</param>
    /// <param name="owners">Who owned which name before: a machine stays with a file that still has it, or that is bad now and runs its last good version.</param>
    public static DefinitionSet Combine(IEnumerable<DefinitionFile> files, IReadOnlyDictionary<string, string>? owners = null)
    {
        // The same path twice is the same file.
        var sorted = files.DistinctBy(file => file.Path, StringComparer.Ordinal).ToList();
        sorted.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        Dictionary<string, string> owned = Kept(sorted, owners);
        var graph = new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal);
        var waitedFor = new HashSet<string>(StringComparer.Ordinal);
        var exact = new Dictionary<string, (string Name, string Place)>(StringComparer.OrdinalIgnoreCase);
        var good = ImmutableArray.CreateBuilder<DefinitionFile>(sorted.Count);
        var machines = ImmutableArray.CreateBuilder<MachineDefinition>();
        foreach (DefinitionFile file in sorted)
        {
            DefinitionFile judged = Judge(file, owned, exact, graph, waitedFor);
            good.Add(judged);
            if (judged.HasErrors) continue;
            for (int i = 0; i < judged.Machines.Length; i++)
            {
                MachineDefinition machine = judged.Machines[i];
                owned[machine.Name] = judged.Path;
                exact[machine.Name] = (machine.Name, string.Create(CultureInfo.InvariantCulture, $"{judged.Path}:{judged.Places[i].Line}:{judged.Places[i].Column}"));
                machines.Add(machine);
            }
        }

        return new DefinitionSet { Files = good.DrainToImmutable(), Machines = machines.DrainToImmutable(), Owners = owned };
    }

    private static Dictionary<string, string> Kept(List<DefinitionFile> files, IReadOnlyDictionary<string, string>? owners)
    {
        var kept = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (owners is null || owners.Count == 0) return kept;
        var byPath = files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        var names = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach ((string name, string path) in owners)
        {
            if (!byPath.TryGetValue(path, out DefinitionFile? file)) continue;
            if (!names.TryGetValue(path, out HashSet<string>? has))
                names[path] = has = new HashSet<string>(file.Machines.Select(machine => machine.Name), StringComparer.OrdinalIgnoreCase);
            if (file.HasErrors || has.Contains(name)) kept[name] = path;
        }

        return kept;
    }

    private static DefinitionFile Judge(
        DefinitionFile file, Dictionary<string, string> owned, Dictionary<string, (string Name, string Place)> exact,
        Dictionary<string, ImmutableArray<string>> graph, HashSet<string> waitedFor)
    {
        if (file.HasErrors) return file;
        var findings = new FindingList(file.Path);
        for (int i = 0; i < file.Machines.Length; i++)
        {
            string name = file.Machines[i].Name;
            if (!owned.TryGetValue(name, out string? owner) || owner == file.Path) continue;
            bool seen = exact.TryGetValue(name, out (string Name, string Place) other);
            string same = seen && other.Name != name ? $", where it is called {Show.Quote(other.Name)}" : "";
            findings.Add(
                file.Places[i].Line, file.Places[i].Column, Severity.Error, FindingKind.DuplicateMachine,
                $"the machine {Show.Quote(name)} belongs to {Show.Quote(owner)}{same}",
                $"give it another name, or remove one of the two{(seen ? "; the other one stands at " + Show.Escape(other.Place) : "")}");
        }

        if (!findings.HasErrors) Cycles(file, graph, waitedFor, findings);
        if (!findings.HasErrors) return file;
        foreach (Finding finding in file.Findings) findings.Add(finding.Line, finding.Column, finding.Severity, finding.Kind, finding.Message, finding.Hint);
        return file with { Machines = [], Places = [], Findings = [.. findings.ToList()] };
    }

    // What is in the graph already has no cycle: one that arises goes through this file.
    private static void Cycles(DefinitionFile file, Dictionary<string, ImmutableArray<string>> graph, HashSet<string> waitedFor, FindingList findings)
    {
        foreach (MachineDefinition machine in file.Machines)
        {
            if (machine.DependsOn.Length == 0) continue;
            graph[machine.Name] = machine.DependsOn;
            waitedFor.UnionWith(machine.DependsOn);
        }

        var said = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < file.Machines.Length; i++)
        {
            MachineDefinition machine = file.Machines[i];
            if (machine.DependsOn.Length == 0 || !waitedFor.Contains(machine.Name) || said.Contains(machine.Name)) continue;
            if (DependencyCycles.Find(machine.Name, graph) is not { } cycle) continue;
            said.UnionWith(cycle);
            findings.Add(
                file.Places[i].DependsLine, file.Places[i].DependsColumn, Severity.Error, FindingKind.DependencyCycle, DependencyCycles.Text(cycle), DependencyCycles.Hint);
        }

        if (!findings.HasErrors) return;
        foreach (MachineDefinition machine in file.Machines) graph.Remove(machine.Name);
    }
}
