using Scout.Cli.Errors;
using Scout.Cli.Targets;

namespace Scout.Cli.Tests.Targets;

public sealed class TargetTests
{
    [Theory]
    [InlineData("web1", "web1", null)]
    [InlineData("web1/disk_root", "web1", "disk_root")]
    [InlineData("web*/disk_*", "web*", "disk_*")]
    [InlineData("*/*", "*", "*")]
    public void A_target_is_a_node_and_perhaps_a_machine(string text, string node, string? machine)
    {
        Target target = Target.Parse(text);
        Assert.Equal(node, target.Node.Text);
        Assert.Equal(machine, target.Machine?.Text);
        Assert.Equal(text, target.ToString());
    }

    [Theory]
    [InlineData("", "names no node")]
    [InlineData("/disk", "names no node")]
    [InlineData("web1/", "names no machine")]
    [InlineData("a/b/c", "more than one '/'")]
    [InlineData("web1/disk root", "' ' is in no name")]
    [InlineData("web[1", "not closed")]
    [InlineData("web1.example.org", "no dots")]
    public void What_is_no_target_is_refused_with_a_reason(string text, string reason)
    {
        CliException refused = Assert.Throws<CliException>(() => Target.Parse(text));
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Hint);
    }

    [Fact]
    public void A_host_name_gets_the_node_name_as_a_hint() =>
        Assert.Contains("web1_example_org", Assert.Throws<CliException>(() => Target.Parse("web1.example.org")).Hint, StringComparison.Ordinal);

    [Fact]
    public void A_node_alone_is_all_its_machines_even_beside_one_of_them()
    {
        var selection = new Selection { Targets = [Target.Parse("web1/disk"), Target.Parse("web*"), Target.Parse("db1/load")] };
        Assert.Empty(selection.MachinesOf("web1"));
        Assert.Equal(["load"], selection.MachinesOf("db1"));
        Assert.True(selection.MatchesMachine("web1", "anything"));
        Assert.False(selection.MatchesMachine("db1", "disk"));
    }

    [Fact]
    public void All_labels_must_hold()
    {
        var selection = new Selection { NodeLabels = [new("role", "web"), new("zone", "a")] };
        Assert.True(selection.MatchesNode("n", new Dictionary<string, string> { ["role"] = "web", ["zone"] = "a" }));
        Assert.False(selection.MatchesNode("n", new Dictionary<string, string> { ["role"] = "web" }));
        Assert.False(selection.MatchesNode("n", null));
    }

    [Fact]
    public void One_machine_is_one_machine_only_without_filters()
    {
        Assert.True(new Selection { Targets = [Target.Parse("web1/disk")] }.IsOneMachine);
        Assert.False(new Selection { Targets = [Target.Parse("web1/disk")], States = ["OK"] }.IsOneMachine);
        Assert.False(new Selection { Targets = [Target.Parse("web1/d*")] }.IsOneMachine);
    }
}
