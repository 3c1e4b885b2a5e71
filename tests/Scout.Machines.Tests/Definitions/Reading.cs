using System.Text;
using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

/// <summary>Short ways to read a text as a file.</summary>
internal static class Reading
{
    public static readonly DefinitionReaderOptions Options = new() { Syntax = new SimpleSyntax(), KeepSource = true };

    public static DefinitionFile Read(string yaml, string path = "machines/disk.yaml") => DefinitionReader.Read(path, Encoding.UTF8.GetBytes(yaml), Options);

    /// <summary>The machines of a file that must be good.</summary>
    public static IReadOnlyList<MachineDefinition> Good(string yaml, string path = "machines/disk.yaml")
    {
        DefinitionFile file = Read(yaml, path);
        Assert.Empty(file.Findings.Select(finding => finding.ToString()));
        return file.Machines;
    }

    public static MachineDefinition One(string yaml, string path = "machines/disk.yaml") => Assert.Single(Good(yaml, path));

    /// <summary>A sound check of the short form with more keys.</summary>
    public static string Check(string more) => $"checks:\n  - name: disk\n    plugin: check_disk -w 20%\n{Indent(more, 4)}\n";

    /// <summary>A sound machine of the long form with one exec watcher; more keys of the machine, the watcher and its properties.</summary>
    public static string Machine(string machine = "", string watcher = "", string properties = "") => $"""
        name: web
        version: 1.0.0
        initial_state: UP
        transitions:
          - name: failed
            from: [UP]
            destination: DOWN
          - name: mended
            from: [DOWN]
            destination: UP
        watchers:
          - name: look
            type: exec
            properties:
              command: ./look.sh
        {Indent(properties, 6)}
        {Indent(watcher, 4)}
        {machine}
        """;

    private static string Indent(string text, int by) => string.Join('\n', text.Split('\n').Select(line => line.Length == 0 ? line : new string(' ', by) + line));
}
