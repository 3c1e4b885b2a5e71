using System.Globalization;
using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

public sealed class MaintenanceWindowTests
{
    [Theory]
    [InlineData("2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("2026-06-01T00:30:00Z", "2026-06-02T00:30:00Z")]
    [InlineData("2026-06-01T00:29:59Z", "2026-06-01T00:30:00Z")]
    public void Half_past_two_in_Paris_opens_where_the_specification_says(string after, string opening) =>
        Assert.Equal(Moment(opening), Paris("02:30", 60).NextOpening(Moment(after)));

    [Theory]
    [InlineData("2026-03-29T00:59:59Z", null)]
    [InlineData("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z")]
    [InlineData("2026-03-29T01:59:59Z", "2026-03-29T02:00:00Z")]
    [InlineData("2026-03-29T02:00:00Z", null)]
    [InlineData("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("2026-10-25T01:30:00Z", null)]
    public void It_is_open_for_its_duration_of_elapsed_time(string now, string? end)
    {
        Assert.Equal(end is not null, Paris("02:30", 60).IsOpen(Moment(now), out DateTimeOffset closes));
        Assert.Equal(Moment(end ?? now), closes);
    }

    [Fact]
    public void A_window_over_midnight_counts_for_the_day_it_opens()
    {
        // 2026-06-05 is a Friday.
        MaintenanceWindow window = new() { Start = new TimeOnly(23, 0), Duration = TimeSpan.FromHours(4), Days = 1 << (int)DayOfWeek.Friday };

        Assert.True(window.IsOpen(Moment("2026-06-06T02:59:00Z"), out DateTimeOffset end));
        Assert.Equal(Moment("2026-06-06T03:00:00Z"), end);
        Assert.False(window.IsOpen(Moment("2026-06-06T23:30:00Z"), out _));
        Assert.Equal(Moment("2026-06-12T23:00:00Z"), window.NextOpening(Moment("2026-06-05T23:00:00Z")));
    }

    [Fact]
    public void A_week_long_window_is_found_from_its_last_minute()
    {
        MaintenanceWindow window = new() { Start = new TimeOnly(12, 0), Duration = TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1), Days = 1 << (int)DayOfWeek.Monday };

        Assert.True(window.IsOpen(Moment("2026-06-08T11:58:00Z"), out DateTimeOffset end));
        Assert.Equal(Moment("2026-06-08T11:59:00Z"), end);
        Assert.False(window.IsOpen(Moment("2026-06-08T11:59:00Z"), out _));
    }

    [Fact]
    public void Occurrences_that_touch_are_one()
    {
        MaintenanceWindow saturdayAndSunday = new()
        {
            Start = new TimeOnly(0, 0),
            Duration = TimeSpan.FromDays(1),
            Days = (1 << (int)DayOfWeek.Saturday) | (1 << (int)DayOfWeek.Sunday),
        };

        Assert.True(saturdayAndSunday.IsOpen(Moment("2026-06-06T10:00:00Z"), out DateTimeOffset end));
        Assert.Equal(Moment("2026-06-08T00:00:00Z"), end);
    }

    [Fact]
    public void A_window_that_never_closes_still_has_an_answer()
    {
        MaintenanceWindow always = new() { Start = new TimeOnly(0, 0), Duration = TimeSpan.FromDays(1) };

        Assert.True(always.IsOpen(Moment("2026-06-06T10:00:00Z"), out DateTimeOffset end));
        Assert.InRange(end, Moment("2026-07-07T00:00:00Z"), Moment("2026-07-09T00:00:00Z"));
    }

    [Fact]
    public void Several_windows_unite_and_the_first_open_one_gives_the_reason()
    {
        MaintenanceWindow early = new() { Start = new TimeOnly(1, 0), Duration = TimeSpan.FromHours(2), Reason = "early" };
        MaintenanceWindow late = new() { Start = new TimeOnly(2, 0), Duration = TimeSpan.FromHours(3), Reason = "late" };

        Assert.True(MaintenanceWindow.IsOpen([late, early], Moment("2026-06-06T01:30:00Z"), out DateTimeOffset end, out string reason));
        Assert.Equal(("early", Moment("2026-06-06T05:00:00Z")), (reason, end));
        Assert.False(MaintenanceWindow.IsOpen([late, early], Moment("2026-06-06T05:00:00Z"), out _, out reason));
        Assert.Empty(reason);
    }

    [Fact]
    public void It_opens_exactly_at_its_openings_all_year()
    {
        MaintenanceWindow window = Paris("02:30", 45);
        DateTimeOffset at = Moment("2025-12-31T12:00:00Z");
        for (int i = 0; i < 365; i++)
        {
            DateTimeOffset opening = window.NextOpening(at)!.Value;
            Assert.InRange(opening - at, TimeSpan.FromHours(1), TimeSpan.FromHours(26));
            Assert.False(window.IsOpen(opening.AddTicks(-1), out _));
            Assert.True(window.IsOpen(opening, out DateTimeOffset end));
            Assert.Equal(opening + window.Duration, end);
            Assert.False(window.IsOpen(end, out _));
            at = end;
        }
    }

    private static MaintenanceWindow Paris(string start, int minutes) => new()
    {
        Start = TimeOnly.Parse(start, CultureInfo.InvariantCulture),
        Duration = TimeSpan.FromMinutes(minutes),
        TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris"),
    };

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
