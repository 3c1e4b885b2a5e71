using Scout.Traffic.Kernel;

namespace Scout.Traffic.Tests.Kernel;

public sealed class PossibleCpusTests
{
    [Theory]
    [InlineData("0\n", 1)]
    [InlineData("0-3", 4)]
    [InlineData("0-3,8-11\n", 8)]
    [InlineData("0,2,4-5", 4)]
    public void A_list_counts_its_CPUs(string list, int count) => Assert.Equal(count, PossibleCpus.Count(list));

    [Theory]
    [InlineData("")]
    [InlineData("0-")]
    [InlineData("3-1")]
    [InlineData("0-1-2")]
    [InlineData("-1")]
    [InlineData("all")]
    public void What_is_no_list_is_refused(string list) => Assert.Throws<FormatException>(() => PossibleCpus.Count(list));
}
