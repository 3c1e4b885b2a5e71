using Scout.Checks.Commands;
using Scout.Checks.Output;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Options;
using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Yaml;
using Scout.Machines.Runs;
using Scout.Server.Mesh.Checks;
using Scout.Server.Runs;
using Scout.Server.Traffic;
using Scout.Traffic.Checks;

namespace Scout.Server.Definitions;

/// <summary>What reading a definition needs from the room that runs plugins (design.md section 1). Also for the tools that read definitions without a node.</summary>
public sealed class DefinitionSyntax : IDefinitionSyntax
{
    public static DefinitionSyntax Instance { get; } = new();

    public bool TrySplitCommand(string text, out IReadOnlyList<string> words, out SyntaxError error)
    {
        bool good = CommandLine.TrySplit(text, out words, out CommandError problem);
        error = good ? default : new SyntaxError(Math.Max(1, problem.Column), problem.Message, problem.Hint);
        return good;
    }

    public RunOutput ReadOutput(string stdout) => RunOutcomes.Of(PluginOutputReader.Read(stdout));

    public IReadOnlyList<string> ShellOperators(string text) => CommandLine.ShellOperators(text);

    public IReadOnlyList<string> ProbeKinds { get; } = [.. ProbeCatalog.Kinds, MeshCheckReader.Kind, TrafficCheckReader.Kind];

    public ProbeSubject? ReadProbe(string kind, YamlNode options, TimeSpan timeout, string folder, ICollection<ProbeFinding> findings)
    {
        if (kind == MeshCheckReader.Kind) return ReadMesh(options, timeout, findings);
        if (kind == TrafficCheckReader.Kind) return ReadTraffic(options, findings);
        ProbeReading reading = ProbeCatalog.Read(kind, Node(options), new ProbeDefaults { Timeout = timeout, Folder = folder });
        foreach (OptionFinding one in reading.Findings) findings.Add(new ProbeFinding(one.Line, one.Column, one.Code, one.Message, one.Hint));
        return reading.Options is { } read ? new ProbeSubject(kind, read, reading.Canonical) : null;
    }

    private static ProbeSubject? ReadMesh(YamlNode options, TimeSpan timeout, ICollection<ProbeFinding> findings)
    {
        (MeshCheckOptions? read, string canonical) = MeshCheckReader.Read(Node(options), timeout, out IReadOnlyList<OptionFinding> wrong);
        foreach (OptionFinding one in wrong) findings.Add(new ProbeFinding(one.Line, one.Column, one.Code, one.Message, one.Hint));
        return read is null ? null : new ProbeSubject(MeshCheckReader.Kind, read, canonical);
    }

    private static ProbeSubject? ReadTraffic(YamlNode options, ICollection<ProbeFinding> findings)
    {
        (TrafficCheckOptions? read, string canonical) = TrafficCheckReader.Read(Node(options), out IReadOnlyList<OptionFinding> wrong);
        foreach (OptionFinding one in wrong) findings.Add(new ProbeFinding(one.Line, one.Column, one.Code, one.Message, one.Hint));
        return read is null ? null : new ProbeSubject(TrafficCheckReader.Kind, read, canonical);
    }

    /// <summary>The tree of a file as the tree that probes read; an empty text in quotes stays one.</summary>
    internal static OptionNode Node(YamlNode node) => node switch
    {
        YamlScalar scalar => new OptionText(scalar.Text, !scalar.IsMissing, scalar.Line, scalar.Column),
        YamlList list => new OptionList([.. list.Items.Select(Node)], list.Line, list.Column),
        YamlMap map => new OptionMap([.. map.Entries.Select(entry => new OptionEntry(entry.Key.Text, entry.Key.Line, entry.Key.Column, Node(entry.Value)))], map.Line, map.Column),
        _ => new OptionText("", Quoted: false, node.Line, node.Column),
    };
}
