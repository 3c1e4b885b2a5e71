using System.Collections.Immutable;
using Scout.Machines.Definitions.Reading;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions;

/// <summary>From the bytes of a file to machines and findings (machines.md sections 1 to 3). Touches no file, never throws, and is bounded in time and memory.</summary>
public static class DefinitionReader
{
    private const int MostChecks = 1000;

    /// <summary>Reads one file of either form.</summary>
    /// <param name="path">How the file is called in findings; also says folder and reading (4.1).</param>
    /// <param name="content">All of it; beyond 1 MiB it is refused.</param>
    /// <param name="options">What reading needs from outside.</param>
    public static DefinitionFile Read(string path, ReadOnlyMemory<byte> content, DefinitionReaderOptions options)
    {
        bool choria = options.ChoriaReading ?? Path.GetFileName(path.AsSpan()) is "machine.yaml";
        var context = new ReadContext(path, options, choria);
        using DefinitionJson json = context.Json;
        var problems = new List<YamlProblem>();
        YamlNode? root = YamlTree.Read(content.Span, problems);
        foreach (YamlProblem problem in problems)
            context.Findings.Add(problem.Line, problem.Column, Severity.Error, problem.Kind, problem.Message, problem.Hint);

        var machines = new List<MachineDefinition>();
        var places = new List<MachinePlace>();
        if (root is not null || problems.Count == 0) Root(context, root, machines, places);
        bool good = !context.Findings.HasErrors;
        if (good) good = DependencyCycles.CheckFile(context, machines, places);
        return new DefinitionFile
        {
            Path = path,
            Machines = good ? [.. machines] : [],
            Findings = [.. context.Findings.ToList()],
            ChoriaReading = choria,
            Places = good ? [.. places] : [],
        };
    }

    private static void Root(ReadContext context, YamlNode? root, List<MachineDefinition> machines, List<MachinePlace> places)
    {
        switch (root)
        {
            case null or YamlScalar { IsMissing: true } or YamlMap { Entries.Count: 0 }:
                context.Error(root ?? new YamlScalar(1, 1, "", isPlain: true), FindingKind.EmptyDefinition, "there is nothing in the file", "'checks:' with a list, or the keys of one machine");
                break;
            case YamlMap map when map.FindKey("checks") is { } checks:
                Checks(context, map, checks, machines, places);
                break;
            case YamlMap map:
                Add(context, map, LongForm.Read(context, map), machines, places);
                break;
            default:
                context.Error(root, FindingKind.WrongType, $"the file is {root.Kind}, wanted is a mapping", "'checks:' with a list, or the keys of one machine");
                break;
        }
    }

    private static void Checks(ReadContext context, YamlMap map, YamlScalar checks, List<MachineDefinition> machines, List<MachinePlace> places)
    {
        var fields = new FieldReader(context, map, "a file with checks");
        bool mixed = false;
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in map.Entries)
        {
            if (ReferenceEquals(entry.Key, checks)) continue;
            string name = entry.Key.Text;
            if (Array.IndexOf(LongForm.Keys, name) >= 0)
            {
                // Said once: the file is either one or the other.
                if (!mixed)
                    context.Error(entry.Key, FindingKind.MixedForms, $"'{name}' beside 'checks'", $"'{name}' is a key of a machine; put the machine into a file of its own");
                mixed = true;
            }
            else if (context.Wants(entry.Key))
            {
                context.Error(
                    entry.Key, FindingKind.UnknownKey, $"{Show.Quote(name)} is not a key beside 'checks'", "'checks' is the only key of such a file");
            }
        }

        YamlNode list = map.Find("checks")!;
        if (list is YamlScalar { IsMissing: true } or YamlList { Items.Count: 0 })
        {
            context.Error(list is YamlList ? list : checks, FindingKind.EmptyDefinition, "'checks' is empty", "- { name: load, plugin: check_load -w 5 -c 10 }");
            return;
        }

        var names = new Dictionary<string, YamlNode>(StringComparer.OrdinalIgnoreCase);
        foreach (YamlMap check in fields.Mappings("checks", 1, MostChecks, "{ name: load, plugin: check_load }"))
        {
            Add(context, check, ShortForm.Read(context, check), machines, places);
            if (check.Find("name") is YamlScalar name && !names.TryAdd(name.Text, name)) LongForm.Twice(context, name, names[name.Text], "check");
        }
    }

    private static void Add(ReadContext context, YamlMap map, MachineDefinition? machine, List<MachineDefinition> machines, List<MachinePlace> places)
    {
        if (machine is null) return;
        YamlNode name = map.Find("name") ?? map;
        YamlNode depends = map.Find("depends_on") ?? name;
        machines.Add(machine);
        places.Add(new MachinePlace(name.Line, name.Column, depends.Line, depends.Column, context.Options.KeepSource ? map : null));
    }
}
