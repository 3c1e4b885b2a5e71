using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Scout.Protocol.Rpc;

namespace Scout.Protocol.Tests.Rpc;

public sealed class GlobTests
{
    [Theory]
    [InlineData("disk_root", "disk_root", true)]
    [InlineData("disk_root", "disk_root2", false)]
    [InlineData("disk_*", "disk_root", true)]
    [InlineData("disk_*", "disk_", true)]
    [InlineData("*", "anything", true)]
    [InlineData("*root", "disk_root", true)]
    [InlineData("*a*b*c*", "xxaxxbxxcxx", true)]
    [InlineData("*a*b*c*", "xxaxxcxxbxx", false)]
    [InlineData("web?", "web1", true)]
    [InlineData("web?", "web", false)]
    [InlineData("web?", "web12", false)]
    [InlineData("web[1-3]", "web2", true)]
    [InlineData("web[1-3]", "web4", false)]
    [InlineData("web[!1-3]", "web4", true)]
    [InlineData("web[^1-3]", "web2", false)]
    [InlineData("web[13a]", "weba", true)]
    [InlineData("web[a-]", "web-", true)]
    [InlineData("Web*", "web1", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("[", "[", false)]
    public void Patterns_match_whole_names(string pattern, string name, bool matches) => Assert.Equal(matches, Glob.Matches(pattern, name));

    [Theory]
    [InlineData("disk_*", true)]
    [InlineData("web[1-3]", true)]
    [InlineData("web[!a]", true)]
    [InlineData("a-b_c?", true)]
    [InlineData("", false)]
    [InlineData("a.b", false)]
    [InlineData(">", false)]
    [InlineData("a b", false)]
    [InlineData("web[", false)]
    [InlineData("web[]", false)]
    [InlineData("web[!]", false)]
    [InlineData("web]", false)]
    [InlineData("web[a*]", false)]
    [InlineData("a\\*", false)]
    [InlineData("{a,b}", false)]
    public void Patterns_that_could_match_no_name_are_not_valid(string pattern, bool valid) => Assert.Equal(valid, Glob.IsValid(pattern));

    [Fact]
    public void A_pattern_made_to_explode_does_not()
    {
        string pattern = string.Concat(Enumerable.Repeat("a*", 60)) + "b";
        Assert.False(Glob.Matches(pattern, new string('a', 63)));
    }

    [Fact]
    public void It_agrees_with_a_regular_expression() => Prop.ForAll(
        Gen.Elements('a', 'b', '*', '?').ArrayOf().ToArbitrary(),
        Gen.Elements('a', 'b').ArrayOf().ToArbitrary(),
        (pattern, name) =>
        {
            string expression = "^" + string.Concat(pattern.Select(c => c switch { '*' => ".*", '?' => ".", _ => c.ToString() })) + "$";
            return Regex.IsMatch(new string(name), expression) == Glob.Matches(pattern, name);
        }).QuickCheckThrowOnFailure();
}
