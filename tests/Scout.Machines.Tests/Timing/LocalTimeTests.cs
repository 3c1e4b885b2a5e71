using Scout.Machines.Timing;

namespace Scout.Machines.Tests.Timing;

[Trait("fault", "R10")]
public sealed class LocalTimeTests
{
    public static TheoryData<string> Zones() =>
    [
        "UTC", "Europe/Paris", "Europe/Dublin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia",
        "Pacific/Chatham", "Pacific/Kiritimati", "America/Santiago", "Asia/Tehran", "Antarctica/Troll",
    ];

    [Theory]
    [MemberData(nameof(Zones))]
    public void Every_local_time_of_a_year_has_one_instant_and_they_come_in_order(string name)
    {
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        DateTimeOffset before = DateTimeOffset.MinValue;
        for (var local = new DateTime(2026, 2, 1); local < new DateTime(2027, 2, 1); local = local.AddMinutes(15))
        {
            DateTimeOffset instant = LocalTime.ToInstant(local, zone);
            Assert.True(instant >= before);
            before = instant;
            DateTime back = LocalTime.At(instant, zone);
            if (back != local)
            {
                // In a gap: what the clock shows at the instant is later, and a moment before it was earlier.
                Assert.True(back > local && LocalTime.At(instant.AddTicks(-1), zone) < local);
            }
            else
            {
                // Nowhere in the day before does the clock show the same.
                Assert.NotEqual(local, LocalTime.At(instant.AddMinutes(-30), zone));
                Assert.NotEqual(local, LocalTime.At(instant.AddHours(-1), zone));
            }
        }
    }

    [Fact]
    public void The_ends_of_time_are_no_accident()
    {
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

        Assert.InRange(LocalTime.ToInstant(DateTime.MaxValue, zone).Year, 9999, 9999);
        Assert.InRange(LocalTime.ToInstant(DateTime.MinValue, zone).Year, 1, 1);
        Assert.Equal(9999, LocalTime.At(DateTimeOffset.MaxValue, zone).Year);
    }
}
