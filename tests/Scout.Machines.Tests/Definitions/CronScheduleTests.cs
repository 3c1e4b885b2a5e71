using System.Globalization;
using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

[Trait("fault", "R10")]
public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("* * * * *", "2026-03-01T00:00:00Z", "2026-03-01T00:01:00Z")]
    [InlineData("* * * * *", "2026-03-01T00:00:59.999Z", "2026-03-01T00:01:00Z")]
    [InlineData("*/15 * * * *", "2026-03-01T00:46:00Z", "2026-03-01T01:00:00Z")]
    [InlineData("5/20 * * * *", "2026-03-01T00:05:00Z", "2026-03-01T00:25:00Z")]
    [InlineData("0 8-18/2 * * *", "2026-03-01T08:00:00Z", "2026-03-01T10:00:00Z")]
    [InlineData("30 2 * * mon-fri", "2026-03-06T02:30:00Z", "2026-03-09T02:30:00Z")]
    [InlineData("0 0 * * sat-sun", "2026-03-07T00:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("0 0 * * 0", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("0 0 1,15 * *", "2026-03-02T00:00:00Z", "2026-03-15T00:00:00Z")]
    [InlineData("0 0 13 * fri", "2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z")]
    [InlineData("0 0 14 * fri", "2026-03-13T00:00:00Z", "2026-03-14T00:00:00Z")]
    [InlineData("0 12 * JAN,jul *", "2026-01-31T12:00:00Z", "2026-07-01T12:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z")]
    [InlineData("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z")]
    [InlineData("0 0 1 1 mon-sun", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("@hourly", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z")]
    [InlineData("@daily", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")]
    [InlineData("@weekly", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("@monthly", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")]
    [InlineData("@yearly", "2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    public void The_next_occurrence_is_strictly_later(string line, string after, string next) =>
        Assert.Equal(Moment(next), Parse(line).Next(Moment(after), TimeZoneInfo.Utc));

    [Theory]
    // Spring: 02:00 to 03:00 does not exist on 2026-03-29.
    [InlineData("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("*/15 2 * * *", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("*/15 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z")]
    [InlineData("*/15 * * * *", "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("*/15 * * * *", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z")]
    // Autumn: 02:00 to 03:00 comes twice on 2026-10-25; the first is at +02:00.
    [InlineData("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("0 * * * *", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z")]
    // Ordinary days on both sides.
    [InlineData("0 12 * * *", "2026-07-01T00:00:00Z", "2026-07-01T10:00:00Z")]
    [InlineData("0 12 * * *", "2026-12-01T00:00:00Z", "2026-12-01T11:00:00Z")]
    public void A_local_time_that_is_missing_or_double_occurs_once(string line, string after, string next) =>
        Assert.Equal(Moment(next), Parse(line).Next(Moment(after), Zone("Europe/Paris")));

    [Theory]
    [InlineData("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z")]
    [InlineData("America/New_York", "30 1 * * *", "2026-11-01T00:00:00Z", "2026-11-01T05:30:00Z")]
    [InlineData("Asia/Kolkata", "0 0 * * *", "2026-01-01T00:00:00Z", "2026-01-01T18:30:00Z")]
    [InlineData("Pacific/Kiritimati", "0 0 1 1 *", "2026-06-01T00:00:00Z", "2026-12-31T10:00:00Z")]
    public void Odd_zones_are_no_exception(string zone, string line, string after, string next) =>
        Assert.Equal(Moment(next), Parse(line).Next(Moment(after), Zone(zone)));

    [Theory]
    [InlineData("", 1, "0 of five fields")]
    [InlineData("* * * *", 8, "4 of five fields")]
    [InlineData("* * * * * *", 11, "more than five fields")]
    [InlineData("60 * * * *", 1, "'60' is no minute")]
    [InlineData("0 24 * * *", 3, "'24' is no hour")]
    [InlineData("0 0 0 * *", 5, "'0' is no day of the month")]
    [InlineData("0 0 * 13 *", 7, "'13' is no month")]
    [InlineData("0 0 * * 8", 9, "'8' is no weekday")]
    [InlineData("0 0 * * monday", 9, "'monday' is no weekday")]
    [InlineData("1,,2 * * * *", 3, "'' is no minute")]
    [InlineData("5-1 * * * *", 1, "runs backwards")]
    [InlineData("*/0 * * * *", 3, "'0' is no step")]
    [InlineData("*/x * * * *", 3, "'x' is no step")]
    [InlineData("0 0 30 2 *", 1, "never comes")]
    [InlineData("0 0 31 2,4,6,9,11 *", 1, "never comes")]
    [InlineData("@often", 1, "'@often' is no schedule")]
    [InlineData("0 0 ? * *", 5, "'?' is no day")]
    public void What_is_no_schedule_says_where_and_why(string line, int column, string message)
    {
        Assert.False(CronSchedule.TryParse(line, out _, out SyntaxError error));
        Assert.Equal(column, error.Column);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
    }

    [Fact]
    public void Every_occurrence_of_a_year_comes_in_order_and_on_its_minute()
    {
        TimeZoneInfo zone = Zone("Europe/Paris");
        CronSchedule schedule = Parse("7,37 */3 * * *");
        DateTimeOffset at = Moment("2026-01-01T00:00:00Z");
        int count = 0;
        while (schedule.Next(at, zone) is { } next && next.Year == 2026)
        {
            Assert.True(next > at);
            Assert.Contains(TimeZoneInfo.ConvertTime(next, zone).Minute, new[] { 7, 37 });
            at = next;
            count++;
        }

        // Two of the first local midnight lie before, two of the next new year's inside.
        Assert.Equal(365 * 16, count);
    }

    [Fact]
    public void Random_text_never_throws_and_what_reads_has_a_next()
    {
        const string letters = "0123456789*,-/ @monjan\t";
        var random = new Random(11);
        for (int i = 0; i < 20_000; i++)
        {
            string line = string.Concat(Enumerable.Range(0, random.Next(0, 16)).Select(_ => letters[random.Next(letters.Length)]));
            if (CronSchedule.TryParse(line, out CronSchedule schedule, out _)) Assert.NotNull(schedule.Next(Moment("2026-01-01T00:00:00Z"), TimeZoneInfo.Utc));
        }
    }

    private static CronSchedule Parse(string line) =>
        CronSchedule.TryParse(line, out CronSchedule schedule, out SyntaxError error) ? schedule : throw new InvalidOperationException(error.Message);

    private static TimeZoneInfo Zone(string name) => TimeZoneInfo.FindSystemTimeZoneById(name);

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
