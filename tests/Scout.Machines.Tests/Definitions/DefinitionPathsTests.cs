using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

public sealed class DefinitionPathsTests
{
    [Theory]
    [InlineData("disk.yaml", true)]
    [InlineData("disk.yml", true)]
    [InlineData("web/machine.yaml", true)]
    [InlineData("machine.yaml", true)]
    [InlineData("web/disk.yaml", false)]
    [InlineData("web/machine.yml", false)]
    [InlineData("a/b/machine.yaml", false)]
    [InlineData("disk.test.yaml", false)]
    [InlineData("web/machine.test.yaml", false)]
    [InlineData("disk.json", false)]
    [InlineData("disk.yaml~", false)]
    [InlineData(".disk.yaml", false)]
    [InlineData(".git/machine.yaml", false)]
    [InlineData("tmp/machine.yaml", false)]
    [InlineData("web-temp/machine.yaml", false)]
    [InlineData("web.bak/machine.yaml", false)]
    [InlineData("web.swp/machine.yaml", false)]
    [InlineData("web.tmp/machine.yaml", false)]
    [InlineData("web.rpmsave/machine.yaml", false)]
    [InlineData("web.rpmnew/machine.yaml", false)]
    [InlineData("web.dpkg-old/machine.yaml", false)]
    [InlineData("disk.yaml.dpkg-new", false)]
    [InlineData("..data/machine.yaml", false)]
    [InlineData("", false)]
    [InlineData("/machine.yaml", false)]
    public void What_is_a_definition_hangs_on_its_path(string path, bool expected) => Assert.Equal(expected, DefinitionPaths.IsDefinition(path));

    [Fact]
    public void They_are_read_in_ordinal_order() =>
        Assert.Equal(["B.yaml", "a.yaml", "web/machine.yaml"], DefinitionPaths.Select(["web/machine.yaml", "a.yaml", "a.test.yaml", "B.yaml"]));
}
