using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Analysis;

/// <summary>References between machines of one folder.</summary>
internal static class MachineReferences
{
    /// <summary>Reports names that no file of the set defines. No error: such a machine may come later (machines.md 5.4).</summary>
    public static void Check(DefinitionFile file, DefinitionSet set, FindingList findings)
    {
        var known = new HashSet<string>(set.Machines.Select(machine => machine.Name), StringComparer.Ordinal);
        foreach (MachineDefinition machine in file.Machines)
        {
            var source = new SourceMap(file, machine);
            foreach (string parent in machine.DependsOn) Report(known, parent, source.At(Named(source.Root.Find("depends_on"), parent)), findings);
            foreach (Subscription subscription in machine.Table.Transitions.SelectMany(transition => transition.Subscribe))
                Report(known, subscription.MachineName, source.At(Within(source.Root.Find("transitions"), "subscribe", subscription.MachineName)), findings);
            foreach (ForeignState foreign in machine.Watchers.SelectMany(watcher => watcher.ForeignStates))
                Report(known, foreign.MachineName, source.At(Within(source.Root.Find("watchers"), "foreign_state_required", foreign.MachineName)), findings);
        }
    }

    private static void Report(HashSet<string> known, string name, (int Line, int Column) at, FindingList findings)
    {
        if (known.Contains(name)) return;
        findings.Add(
            at.Line, at.Column, Severity.Warning, FindingKind.UnknownMachine, $"no file here defines the machine '{name}'",
            Nearest.Hint(name, known, "mind the spelling, or give the whole folder"));
    }

    private static YamlScalar? Named(YamlNode? list, string name) =>
        (list as YamlList)?.Items.OfType<YamlScalar>().FirstOrDefault(item => item.Text == name);

    // The first entry of any owner's list that names the machine.
    private static YamlScalar? Within(YamlNode? owners, string key, string name) =>
        (owners as YamlList)?.Items.OfType<YamlMap>().Select(owner => owner.Find(key)).OfType<YamlList>()
            .SelectMany(list => list.Items).OfType<YamlMap>().Select(entry => entry.Find("machine_name")).OfType<YamlScalar>()
            .FirstOrDefault(scalar => scalar.Text == name);
}
