using Scout.Machines.Definitions;
using Scout.Machines.Timing;

namespace Scout.Machines.Tests.Timing;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("1ms", 1)]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("10m0s", 600_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5d", 129_600_000)]
    [InlineData("0.01d", 864_000)]
    [InlineData("1D", 86_400_000)]
    [InlineData("2W", 1_209_600_000)]
    [InlineData("1w", 604_800_000)]
    [InlineData("1M", 2_592_000_000)]
    [InlineData("1y", 31_536_000_000)]
    [InlineData("10Y", 315_360_000_000)]
    [InlineData("1m1ms", 60_001)]
    public void A_duration_is_exact(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan duration, out _));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("", 1, "empty")]
    [InlineData("10", 3, "'10' has no unit")]
    [InlineData("1m30", 5, "has no unit")]
    [InlineData("10 s", 3, "' s' is no unit")]
    [InlineData("10x", 3, "'x' is no unit")]
    [InlineData("-1s", 1, "'-1s' is no number with a unit")]
    [InlineData("1.s", 1, "no number")]
    [InlineData(".5s", 1, "no number")]
    [InlineData("1e3s", 2, "is no unit")]
    [InlineData("100us", 4, "'us' is no unit")]
    [InlineData("0.5ms", 1, "finer than a millisecond")]
    [InlineData("11y", 1, "longer than 10y")]
    [InlineData("99999999999999999999999s", 1, "longer than 10y")]
    [InlineData("soon", 1, "'soon' is no number with a unit")]
    public void What_is_no_duration_says_where_and_why(string text, int column, string message)
    {
        Assert.False(DurationText.TryParse(text, out _, out SyntaxError error));
        Assert.Equal(column, error.Column);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(500, "500ms")]
    [InlineData(60_000, "1m")]
    [InlineData(90_000, "1m30s")]
    [InlineData(86_400_000, "24h")]
    [InlineData(129_600_000, "36h")]
    [InlineData(604_800_000, "7d")]
    [InlineData(3_600_001, "1h1ms")]
    public void It_is_written_in_the_shortest_usual_form(long milliseconds, string text) =>
        Assert.Equal(text, DurationText.Format(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void What_is_written_reads_back_as_the_same()
    {
        var random = new Random(7);
        for (int i = 0; i < 5_000; i++)
        {
            TimeSpan duration = TimeSpan.FromMilliseconds(random.NextInt64(0, 315_360_000_000));
            Assert.True(DurationText.TryParse(DurationText.Format(duration), out TimeSpan back));
            Assert.Equal(duration, back);
        }
    }
}
