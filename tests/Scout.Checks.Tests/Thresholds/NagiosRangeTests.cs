using Scout.Checks.Thresholds;

namespace Scout.Checks.Tests.Thresholds;

public sealed class NagiosRangeTests
{
    [Theory]
    // 10: outside 0..10
    [InlineData("10", -0.001, true)]
    [InlineData("10", 0, false)]
    [InlineData("10", 10, false)]
    [InlineData("10", 10.001, true)]
    // 10: below 10
    [InlineData("10:", 9.99, true)]
    [InlineData("10:", 10, false)]
    [InlineData("10:", 1e300, false)]
    // ~:10 above 10
    [InlineData("~:10", -1e300, false)]
    [InlineData("~:10", 10, false)]
    [InlineData("~:10", 10.01, true)]
    // 10:20
    [InlineData("10:20", 9, true)]
    [InlineData("10:20", 15, false)]
    [InlineData("10:20", 21, true)]
    // @10:20
    [InlineData("@10:20", 9, false)]
    [InlineData("@10:20", 10, true)]
    [InlineData("@10:20", 20, true)]
    [InlineData("@10:20", 21, false)]
    [InlineData("@10", 0, true)]
    [InlineData("@10", -1, false)]
    [InlineData(":10", -1, true)]
    [InlineData(":10", 5, false)]
    [InlineData("-10:-5", -7, false)]
    [InlineData("-10:-5", 0, true)]
    [InlineData("0", 0, false)]
    [InlineData("0", 0.1, true)]
    [InlineData("1e2:2.5E+2", 120, false)]
    [InlineData(".5:1.", 0.7, false)]
    [InlineData("+5:", 4, true)]
    [InlineData("~:", 1, false)]
    [InlineData("@~:", 1, true)]
    [InlineData("10:10", 10, false)]
    [InlineData("10", double.NaN, true)]
    [InlineData("@10", double.NaN, true)]
    public void A_range_alerts_as_the_guidelines_say(string text, double value, bool alerts)
    {
        Assert.True(NagiosRange.TryParse(text, out NagiosRange range, out RangeError error), error.Message);
        Assert.Equal(alerts, range.Alerts(value));
    }

    [Theory]
    [InlineData("", 1, "empty")]
    [InlineData("@", 2, "behind it")]
    [InlineData(":", 1, "number before or behind")]
    [InlineData("@:", 2, "number before or behind")]
    [InlineData("~", 1, "start")]
    [InlineData(":~", 2, "start")]
    [InlineData("::", 2, "too many")]
    [InlineData("1:2:3", 4, "too many")]
    [InlineData("2:1", 1, "above the end")]
    [InlineData("-5", 1, "above the end")]
    [InlineData("@2:1", 2, "above the end")]
    [InlineData(" 10", 1, "blanks")]
    [InlineData("10 ", 3, "blanks")]
    [InlineData("10: 20", 4, "blanks")]
    [InlineData("10x", 3, "decimal")]
    [InlineData("1,5", 2, "point")]
    [InlineData("0x10", 2, "decimal")]
    [InlineData("10%", 3, "unit")]
    [InlineData("10MB", 3, "unit")]
    [InlineData("10:20s", 6, "unit")]
    [InlineData("abc", 1, "not a number")]
    [InlineData("1e999", 1, "too large")]
    [InlineData("5:1e999", 3, "too large")]
    [InlineData("nan", 1, "not a number")]
    [InlineData("inf", 1, "not a number")]
    [InlineData("@@1", 2, "first")]
    [InlineData("1@", 2, "first")]
    [InlineData("--1", 1, "not a number")]
    [InlineData("1_000", 2, "behind the number")]
    public void What_is_no_range_is_refused_with_position_and_reason(string text, int position, string message)
    {
        Assert.False(NagiosRange.TryParse(text, out _, out RangeError error));
        Assert.Equal(position, error.Position);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_printed_range_reads_as_itself()
    {
        var random = new Random(99);
        for (int round = 0; round < 5_000; round++)
        {
            double first = random.Next(4) == 0 ? 0 : Math.Round((random.NextDouble() - 0.5) * 1000, 3);
            double second = first + (random.NextDouble() * 100);
            var range = new NagiosRange(random.Next(5) == 0 ? double.NegativeInfinity : first, random.Next(5) == 0 ? double.PositiveInfinity : second, random.Next(2) == 0);
            string text = range.ToString();
            Assert.True(NagiosRange.TryParse(text, out NagiosRange again, out RangeError error), $"{text}: {error.Message}");
            Assert.Equal(range, again);
        }
    }

    [Fact]
    public void Noise_never_throws_and_errors_point_into_it()
    {
        var random = new Random(7);
        for (int round = 0; round < 50_000; round++)
        {
            string text = new string(random.GetItems<char>("@~::0159.,eE+-% xµ\0", random.Next(0, 10)));
            if (!NagiosRange.TryParse(text, out NagiosRange range, out RangeError error)) Assert.InRange(error.Position, 1, text.Length + 1);
            else Assert.True(range.Start <= range.End);
        }
    }

    [Theory]
    [InlineData(5d, CheckStatus.Ok)]
    [InlineData(15d, CheckStatus.Warning)]
    [InlineData(25d, CheckStatus.Critical)]
    [InlineData(null, CheckStatus.Unknown)]
    [InlineData(double.NaN, CheckStatus.Unknown)]
    public void Critical_is_asked_before_warning_and_a_missing_value_is_unknown(double? value, CheckStatus expected) =>
        Assert.Equal(expected, Threshold.Judge(value, Parse("10"), Parse("20")));

    [Fact]
    public void Without_thresholds_a_missing_value_is_ok() => Assert.Equal(CheckStatus.Ok, Threshold.Judge(null, null, null));

    [Fact]
    public void Scaling_moves_both_ends_and_leaves_infinity()
    {
        Assert.Equal(new NagiosRange(double.NegativeInfinity, 10_000, false), Parse("~:10").Scale(1000));
        Assert.Equal(new NagiosRange(1000, double.PositiveInfinity, false), Parse("1:").Scale(1000));
    }

    private static NagiosRange Parse(string text)
    {
        Assert.True(NagiosRange.TryParse(text, out NagiosRange range, out RangeError error), error.Message);
        return range;
    }
}
