using Scout.Cli.Errors;

namespace Scout.Cli.Tests.Errors;

public sealed class NearestTests
{
    [Theory]
    [InlineData("statsu", "status")]
    [InlineData("evnts", "events")]
    [InlineData("maint", "maintenance")]
    [InlineData("STATUS", "status")]
    [InlineData("zzz", null)]
    [InlineData("x", null)]
    public void The_word_somebody_meant_is_found(string typed, string? meant) =>
        Assert.Equal(meant, Nearest.Find(typed, ["status", "events", "maintenance", "check", "nodes"]));

    [Fact]
    public void A_prefix_of_two_words_means_neither() => Assert.Null(Nearest.Find("comp", ["completion", "compare-all"]));
}
