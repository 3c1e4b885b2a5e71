using Scout.Cli.Rendering;

namespace Scout.Cli.Tests.Rendering;

public sealed class AgesTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(-5, "0s")]
    [InlineData(59.9, "59s")]
    [InlineData(60, "1m00s")]
    [InlineData(185, "3m05s")]
    [InlineData(3599, "59m59s")]
    [InlineData(8040, "2h14m")]
    [InlineData(86399, "23h59m")]
    [InlineData(86400, "1d0h")]
    [InlineData(86400 * 99, "99d0h")]
    [InlineData(86400 * 140, "140d")]
    public void An_age_has_its_two_largest_units(double seconds, string shown) => Assert.Equal(shown, Ages.Span(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0.4, "0.4ms")]
    [InlineData(12, "12ms")]
    [InlineData(3420, "3.4s")]
    [InlineData(125_000, "2m05s")]
    public void A_duration_is_as_fine_as_it_needs_to_be(double milliseconds, string shown) => Assert.Equal(shown, Ages.Took(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void Times_in_json_are_utc_with_milliseconds() =>
        Assert.Equal("2026-11-20T23:42:51.261Z", Ages.Rfc3339(new DateTimeOffset(2026, 11, 21, 0, 42, 51, 261, TimeSpan.FromHours(1))));

    [Fact]
    public void Nothing_shows_as_a_dash() => Assert.Equal("-", Ages.Since(null, DateTimeOffset.UnixEpoch));
}
