using System.Text;
using System.Text.RegularExpressions;
using Scout.Checks.Probes;
using Scout.Machines.Analysis;
using Scout.Machines.Definitions;
using Scout.Server.Definitions;

namespace Scout.Server.Tests.Definitions;

public sealed partial class DefinitionSyntaxTests
{
    [Fact]
    public void Every_probe_is_read_from_a_file_with_its_places()
    {
        DefinitionFile file = Read("""
            checks:
              - name: db
                tcp: { host: db1, port: 5432, warning: 50ms, crtical: 250ms }
            """);

        Finding finding = Assert.Single(file.Findings);
        Assert.Equal((3, 50, "unknown_key", "did you mean 'critical'?"), (finding.Line, finding.Column, finding.Kind, finding.Hint));
    }

    [Fact]
    public void An_explained_probe_reads_as_itself()
    {
        DefinitionFile file = Read("checks: [{ name: db, events: changes, tcp: { host: db1, port: 5432, match: '^\"x\\d', phases: { connect: { warning: 50ms } } } }]");
        Assert.Empty(file.Findings);
        string yaml = MachineExplain.Explain(file, file.Machines[0], new ExplainOptions { Syntax = DefinitionSyntax.Instance, Now = DateTimeOffset.UnixEpoch }).Yaml;

        Assert.Equal(file.Machines[0].Digest, Assert.Single(Read(yaml).Machines).Digest);
    }

    [Theory]
    [InlineData("10", "'10' has no unit")]
    [InlineData("1,5s", "',5s' is no unit")]
    [InlineData(".5s", "'.5s' is no number with a unit")]
    [InlineData("0.5ms", "'0.5ms' is finer than a millisecond")]
    public void A_probe_says_of_a_duration_what_its_check_says(string text, string problem)
    {
        DefinitionFile file = Read($"checks:\n  - {{ name: db, timeout: '{text}', tcp: {{ host: db1, port: 1, critical: '{text}' }} }}");

        Assert.Equal([$"'timeout': {problem}", $"'critical': {problem}"], file.Findings.Select(finding => finding.Message));
        Assert.All(file.Findings, finding => Assert.Equal("bad_duration", finding.Kind));
        Assert.Single(file.Findings.Select(finding => finding.Hint).Distinct());
    }

    [Fact]
    public void An_option_without_a_value_is_told_like_a_key_without_one()
    {
        DefinitionFile file = Read("checks:\n  - name: db\n    tcp: { host: db1, port: 1, match: }\n    splay:\n");

        Assert.Equal(["/m/x.yaml:3:32: error wrong_type: 'match' has no value", "/m/x.yaml:4:5: error wrong_type: 'splay' has no value"], file.Findings.Select(finding => finding.Headline));
    }

    [Fact]
    public void The_words_of_reasons_are_those_of_the_schema()
    {
        string schema = File.ReadAllText(Path.Combine(Scout.Testing.Repository.Root, "docs/schemas/io.scout.check.result.v1.json"));

        Assert.All(ProbeReasons.All, word => Assert.Contains($"\"{word}\"", schema, StringComparison.Ordinal));
        Assert.Equal(Enum.GetValues<ProbeReason>().Length, ProbeReasons.All.Count);
    }

    [Fact]
    public void The_page_of_probes_has_every_option_and_reason_and_all_its_examples_read()
    {
        string page = File.ReadAllText(Path.Combine(Scout.Testing.Repository.Root, "docs/probes.md"));
        Assert.All(ProbeReasons.All, word => Assert.Contains($"`{word}`", page, StringComparison.Ordinal));
        foreach (string kind in ProbeCatalog.Kinds)
        {
            Assert.Contains($"\n## {kind}\n", page, StringComparison.Ordinal);
            Assert.All(ProbeCatalog.Find(kind)!.Options, option => Assert.Contains($"`{option.Name}`", page, StringComparison.Ordinal));
        }

        MatchCollection examples = Examples().Matches(page);
        Assert.True(examples.Count >= 7);
        foreach (Match example in examples) Assert.Empty(Read(example.Groups["yaml"].Value).Findings.Select(finding => finding.ToString()));
    }

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Examples();

    private static DefinitionFile Read(string yaml) =>
        DefinitionReader.Read("/m/x.yaml", Encoding.UTF8.GetBytes(yaml), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance, KeepSource = true });
}
