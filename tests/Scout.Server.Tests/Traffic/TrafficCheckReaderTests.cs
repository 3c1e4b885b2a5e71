using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Yaml;
using Scout.Server.Definitions;
using Scout.Traffic.Checks;

namespace Scout.Server.Tests.Traffic;

public sealed class TrafficCheckReaderTests
{
    [Fact]
    public void Every_option_is_read_and_the_rest_is_as_usual()
    {
        TrafficCheckOptions read = Good(
            "{ pod: \"shop/api-*\", service: shop/db, direction: both, unit: packets, window: 2m, warning: \"~:50M\", critical: \"~:100M\", silence: { warning: 2m, critical: 10m }, missing: OK }");
        Assert.Equal(("shop/api-*", "shop/db", TrafficCheckDirection.Both, TrafficUnit.Packets), (read.Pod, read.Service, read.Direction, read.Unit));
        Assert.Equal((TimeSpan.FromMinutes(2), "~:50000000", "~:100000000"), (read.Window, read.Warning.ToString(), read.Critical.ToString()));
        Assert.Equal((TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TrafficStatus.Ok), (read.SilenceWarning, read.SilenceCritical, read.Missing));
        Assert.Equal(new TrafficCheckOptions { Service = "shop/db" }, Good("{ service: shop/db }"));
    }

    [Fact]
    public void What_means_the_same_has_the_same_canonical_form()
    {
        Assert.Equal(Read("{ pod: shop/a, window: 60s }", out _)!.CanonicalJson, Read("{ pod: shop/a }", out _)!.CanonicalJson);
        Assert.NotEqual(Read("{ pod: shop/a }", out _)!.CanonicalJson, Read("{ pod: shop/a, silence: { critical: 5m } }", out _)!.CanonicalJson);
    }

    [Theory]
    [InlineData("{ pods: shop/a }", "unknown_key", "pod")]
    [InlineData("{}", "missing_key", "shop/api-*")]
    [InlineData("{ pod: api }", "bad_value", "shop/api-*")]
    [InlineData("{ pod: shop/a/b }", "bad_value", "shop/api-*")]
    [InlineData("{ pod: shop/a, direction: up }", "bad_value", "receive")]
    [InlineData("{ pod: shop/a, warning: 50X }", "bad_range", "~:50M")]
    [InlineData("{ pod: shop/a, window: 1s }", "out_of_range", "2s")]
    [InlineData("{ pod: shop/a, silence: { warning: 10m, critical: 2m } }", "bad_value", "worse")]
    [InlineData("{ pod: shop/a, missing: WARNING }", "bad_value", "CRITICAL")]
    [InlineData("shop", "wrong_type", "pod:")]
    public void A_mistake_is_told_with_a_hint(string options, string kind, string hint)
    {
        Assert.Null(Read(options, out List<ProbeFinding> findings));
        Assert.Contains(findings, one => one.Kind == kind && one.Hint.Contains(hint, StringComparison.Ordinal));
    }

    private static TrafficCheckOptions Good(string options)
    {
        ProbeSubject? subject = Read(options, out List<ProbeFinding> findings);
        Assert.Empty(findings);
        return Assert.IsType<TrafficCheckOptions>(subject!.Options);
    }

    private static ProbeSubject? Read(string options, out List<ProbeFinding> findings)
    {
        findings = [];
        var problems = new List<YamlProblem>();
        YamlNode node = YamlTree.Read(System.Text.Encoding.UTF8.GetBytes(options + "\n"), problems)!;
        Assert.Empty(problems);
        return DefinitionSyntax.Instance.ReadProbe("traffic", node, TimeSpan.FromSeconds(7), "/", findings);
    }
}
