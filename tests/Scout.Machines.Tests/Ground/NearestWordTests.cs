using Scout.Ground;

namespace Scout.Machines.Tests.Ground;

public sealed class NearestWordTests
{
    [Theory]
    [InlineData("abc", "abc", 0)]
    [InlineData("ABC", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("abc", "ab", 1)]
    [InlineData("", "ab", 2)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("a", "abcd", int.MaxValue)]
    public void Distance_counts_edits_as_far_as_they_matter(string left, string right, int edits) => Assert.Equal(edits, NearestWord.Distance(left, right));

    [Theory]
    [InlineData("atempts", "did you mean 'attempts'?")]
    [InlineData("Timeotu", "did you mean 'timeout'?")]
    [InlineData("xx", "nothing")]
    [InlineData("", "nothing")]
    public void The_hint_names_what_was_meant(string word, string hint) => Assert.Equal(hint, NearestWord.Hint(word, ["timeout", "attempts", "on"], "nothing"));

    [Fact]
    public void Words_of_any_length_are_compared_without_an_accident()
    {
        Assert.Equal(1, NearestWord.Distance(new string('a', 128), new string('a', 129)));
        Assert.Equal(int.MaxValue, NearestWord.Distance(new string('a', 100_000), new string('a', 100_000)));
    }
}
