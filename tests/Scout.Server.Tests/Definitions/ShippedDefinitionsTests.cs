using Scout.Machines.Analysis;
using Scout.Machines.Definitions;
using Scout.Machines.Simulated;
using Scout.Server.Definitions;
using Scout.Testing;

namespace Scout.Server.Tests.Definitions;

/// <summary>What lies in <c>machines/</c>, read as a node reads it: probes included.</summary>
public sealed class ShippedDefinitionsTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "machines");

    [Fact]
    public void Each_is_sound_and_has_nothing_for_lint_to_say()
    {
        int files = 0;
        foreach (string path in Directory.EnumerateFiles(Folder, "*.y*ml", SearchOption.AllDirectories))
        {
            if (!DefinitionPaths.IsDefinition(Path.GetRelativePath(Folder, path))) continue;
            files++;
            Assert.True(File.Exists(Path.ChangeExtension(path, ".test.yaml")), $"{path} has no scenarios");
            DefinitionFile file = Read(path);
            Assert.Empty(file.Findings.Select(finding => finding.ToString()));
            Assert.NotEmpty(file.Machines);
            Assert.Empty(MachineLint.Check(file, DefinitionSyntax.Instance).Where(finding => finding.Severity > Severity.Note).Select(finding => finding.ToString()));
        }

        Assert.True(files >= 10, $"only {files} definitions");
    }

    [Fact]
    public void Each_keeps_its_scenarios()
    {
        string[] tests = Directory.GetFiles(Folder, "*.test.yaml", SearchOption.AllDirectories);
        Assert.True(tests.Length >= 10, $"only {tests.Length} scenario files");
        var reports = new List<ScenarioReport>();
        foreach (string test in tests)
        {
            ScenarioFile file = ScenarioReader.Read(test, File.ReadAllBytes(test), DefinitionSyntax.Instance);
            reports.Add(ScenarioRunner.Run(file, Read(file.MachinePath), DefinitionSyntax.Instance));
        }

        Assert.True(reports.All(report => report.Passed), TapText.Render([.. reports.Where(report => !report.Passed)]));
    }

    private static DefinitionFile Read(string path) => DefinitionReader.Read(path, File.ReadAllBytes(path), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
}
