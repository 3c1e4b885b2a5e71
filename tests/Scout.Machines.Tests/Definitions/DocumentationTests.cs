using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Reading;
using Scout.Machines.Simulated;
using Scout.Testing;

namespace Scout.Machines.Tests.Definitions;

/// <summary>docs/machines.md says what the code does.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "machines.md"));

    [Fact]
    public void Every_kind_of_finding_is_on_the_page()
    {
        foreach (FieldInfo field in typeof(FindingKind).GetFields()) Assert.Contains($"`{field.GetRawConstantValue()}`", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_is_on_the_page()
    {
        IEnumerable<string[]> lists = typeof(ShortForm).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(ShortForm).Namespace)
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(field => field.FieldType == typeof(string[]) && field.Name.EndsWith("Keys", StringComparison.Ordinal))
            .Select(field => (string[])field.GetValue(null)!);
        string[] keys = [.. lists.SelectMany(list => list).Distinct()];

        Assert.InRange(keys.Length, 60, 200);
        Assert.DoesNotContain(keys, key => !Page.Contains($"`{key}`", StringComparison.Ordinal) && !Page.Contains($"{key}: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_example_reads()
    {
        int count = 0;
        foreach (Match example in Examples().Matches(Page))
        {
            Assert.Empty(Reading.Read(example.Groups["yaml"].Value).Findings.Select(finding => finding.ToString()));
            count++;
        }

        Assert.Equal(2, count);
    }

    [Fact]
    public void The_scenarios_on_the_page_pass_against_the_definition_on_the_page()
    {
        string yaml = Scenarios().Match(Page).Groups["yaml"].Value;
        ScenarioFile file = ScenarioReader.Read("disk.test.yaml", Encoding.UTF8.GetBytes(yaml), Reading.Options.Syntax);
        ScenarioReport report = ScenarioRunner.Run(file, Reading.Read(Examples().Match(Page).Groups["yaml"].Value), Reading.Options.Syntax);
        Assert.True(report.Passed && report.Results.Length == 2, TapText.Render([report], trace: true));
    }

    [GeneratedRegex("```yaml test\n(?<yaml>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Scenarios();

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Examples();
}
