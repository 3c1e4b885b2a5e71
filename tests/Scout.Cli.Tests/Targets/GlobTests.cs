using Scout.Cli.Targets;

namespace Scout.Cli.Tests.Targets;

public sealed class GlobTests
{
    [Theory]
    [InlineData("web1", "web1", true)]
    [InlineData("web1", "web10", false)]
    [InlineData("web*", "web10", true)]
    [InlineData("*", "", true)]
    [InlineData("*b*1", "web-b-1", true)]
    [InlineData("web?", "web", false)]
    [InlineData("web?", "web1", true)]
    [InlineData("web[1-3]", "web2", true)]
    [InlineData("web[1-3]", "web4", false)]
    [InlineData("web[!1-3]", "web4", true)]
    [InlineData("web[^1-3]", "web2", false)]
    [InlineData("web[13]x", "web3x", true)]
    [InlineData("a*b*c*d", "axxbyyczzd", true)]
    [InlineData("a*b*c*d", "axxbyyczz", false)]
    [InlineData("*_node", "db_node", true)]
    [InlineData("[a-c]*", "B", false)]
    public void A_glob_matches_the_whole_name(string glob, string name, bool matches) => Assert.Equal(matches, new Glob(glob).Matches(name));

    [Theory]
    [InlineData("web[1")]
    [InlineData("we b")]
    [InlineData("web>")]
    [InlineData("we\x1bb")]
    [InlineData("web[/]")]
    public void What_can_be_in_no_name_is_a_problem(string glob) => Assert.NotNull(Glob.Problem(glob));

    [Fact]
    public void Many_stars_do_not_take_forever()
    {
        string glob = string.Concat(Enumerable.Repeat("*a", 90));
        Assert.False(new Glob(glob).Matches(new string('a', 63) + "b"));
    }
}
