using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Yaml;
using Scout.Server.Definitions;
using Scout.Server.Mesh.Checks;

namespace Scout.Server.Tests.Mesh.Checks;

public sealed class MeshCheckReaderTests
{
    [Fact]
    public void Every_option_is_read_and_the_rest_is_as_usual()
    {
        MeshCheckOptions read = Good("{ scope: node, warning: 30%, critical: 60%, loss_warning: 2%, loss_critical: 10%, rtt_warning: 50ms }");
        Assert.Equal(new MeshCheckOptions(MeshScope.Node, "", 30, 60, 2, 10, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(7)), read);
        Assert.Equal(MeshCheckOptions.Default with { Timeout = TimeSpan.FromSeconds(7) }, Good("{}"));
        Assert.Equal((MeshScope.Peer, "n7"), Named(Good("{ peer: n7 }")));
        Assert.Equal((MeshScope.Zone, "b"), Named(Good("{ zone: b }")));
        Assert.Equal(MeshScope.Fleet, Good("{ scope: fleet }").Scope);
    }

    [Fact]
    public void What_means_the_same_has_the_same_canonical_form()
    {
        Assert.Equal(Read("{ critical: 50, warning: 20% }", out _)!.CanonicalJson, Read("{}", out _)!.CanonicalJson);
        Assert.NotEqual(Read("{ peer: n7 }", out _)!.CanonicalJson, Read("{ zone: n7 }", out _)!.CanonicalJson);
    }

    [Theory]
    [InlineData("{ scop: node }", "unknown_key", "scope")]
    [InlineData("{ scope: world }", "bad_value", "node, fleet")]
    [InlineData("{ peer: N7 }", "bad_name", "a-z")]
    [InlineData("{ peer: n7, zone: b }", "conflict", "one check")]
    [InlineData("{ scope: fleet, peer: n7 }", "conflict", "leave out")]
    [InlineData("{ warning: 60%, critical: 50% }", "bad_value", "worse")]
    [InlineData("{ loss_warning: 30% }", "bad_value", "worse")]
    [InlineData("{ warning: 101% }", "out_of_range", "100%")]
    [InlineData("{ rtt_warning: fast }", "bad_duration", "500ms")]
    [InlineData("node", "wrong_type", "scope: node")]
    public void A_mistake_is_told_with_a_hint(string options, string kind, string hint)
    {
        Assert.Null(Read(options, out List<ProbeFinding> findings));
        Assert.Contains(findings, one => one.Kind == kind && one.Hint.Contains(hint, StringComparison.Ordinal));
    }

    private static (MeshScope, string) Named(MeshCheckOptions options) => (options.Scope, options.Name);

    private static MeshCheckOptions Good(string options)
    {
        ProbeSubject? subject = Read(options, out List<ProbeFinding> findings);
        Assert.Empty(findings);
        return Assert.IsType<MeshCheckOptions>(subject!.Options);
    }

    private static ProbeSubject? Read(string options, out List<ProbeFinding> findings)
    {
        findings = [];
        var problems = new List<YamlProblem>();
        YamlNode node = YamlTree.Read(System.Text.Encoding.UTF8.GetBytes(options + "\n"), problems)!;
        Assert.Empty(problems);
        return DefinitionSyntax.Instance.ReadProbe("mesh", node, TimeSpan.FromSeconds(7), "/", findings);
    }
}
