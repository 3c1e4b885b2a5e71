using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Testing;

namespace Scout.Cli.Tests.Grammar;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("10m0s", 600)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5d", 129600)]
    [InlineData("1w", 604800)]
    [InlineData("1M", 2592000)]
    [InlineData("1y", 31536000)]
    public void A_duration_is_numbers_and_units(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan span));
        Assert.Equal(seconds, span.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("h")]
    [InlineData("-1h")]
    [InlineData("1h30")]
    [InlineData("1 h")]
    [InlineData("1.2.3s")]
    [InlineData("11y")]
    [InlineData("99999999999999999999999999999999s")]
    public void Anything_else_is_none(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z")]
    [InlineData("2026-11-21T06:00+02:00", "2026-11-21T04:00:00Z")]
    [InlineData("2026-11-21 06:00", "2026-11-21T06:00:00Z")]
    [InlineData("2026-11-21", "2026-11-21T00:00:00Z")]
    public void A_moment_is_rfc_3339_or_local_time(string text, string utc) =>
        Assert.Equal(DateTimeOffset.Parse(utc, null), Durations.Past("--since", text, new ManualTime()));

    [Fact]
    public void What_is_no_moment_is_refused_with_the_form()
    {
        Assert.Contains("2026-11-21T06:00:00Z", Assert.Throws<CliException>(() => Durations.Ahead("--until", "tomorrow", new ManualTime())).Hint, StringComparison.Ordinal);
        Assert.Contains("write 2h, 06:00 or ", Assert.Throws<CliException>(() => Durations.Past("--since", "24:00", new ManualTime())).Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("03:00", "06:00", "2030-01-01T06:00:00Z")]
    [InlineData("03:00", "3:00", "2030-01-02T03:00:00Z")]
    [InlineData("03:00", "02:30:15", "2030-01-02T02:30:15Z")]
    [InlineData("03:00", "2h", "2030-01-01T05:00:00Z")]
    public void A_time_of_day_ahead_is_the_next_one(string now, string text, string utc) =>
        Assert.Equal(DateTimeOffset.Parse(utc, null), Durations.Ahead("--until", text, At(now)));

    [Theory]
    [InlineData("03:00", "02:30", "2030-01-01T02:30:00Z")]
    [InlineData("03:00", "03:00", "2030-01-01T03:00:00Z")]
    [InlineData("03:00", "22:00", "2029-12-31T22:00:00Z")]
    public void A_time_of_day_behind_is_the_last_one(string now, string text, string utc) =>
        Assert.Equal(DateTimeOffset.Parse(utc, null), Durations.Past("--since", text, At(now)));

    [Fact]
    public void What_lies_behind_is_no_end() =>
        Assert.Contains("has passed", Assert.Throws<CliException>(() => Durations.Ahead("--until", "2029-12-31", At("03:00"))).Message, StringComparison.Ordinal);

    private static ManualTime At(string time) => new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero) + TimeOnly.Parse(time, null).ToTimeSpan());
}
