namespace Scout.Machines.Timing;

/// <summary>
/// From the clock on the wall to the instant: a local time that does not exist is the first instant after the gap, one that comes twice is the first
/// of the two (machines.md sections 8 and 10.3).
/// </summary>
internal static class LocalTime
{
    // No zone has been further than this from UTC; a day before and after, an offset is that of the other side of a change.
    private static readonly TimeSpan Reach = TimeSpan.FromHours(15);

    /// <summary>The local clock at an instant, without kind.</summary>
    public static DateTime At(DateTimeOffset instant, TimeZoneInfo zone)
    {
        DateTime utc = instant.UtcDateTime;
        return DateTime.SpecifyKind(Shift(utc, zone.GetUtcOffset(utc)), DateTimeKind.Unspecified);
    }

    /// <summary>The instant of a local time. Never falls when the local time rises.</summary>
    public static DateTimeOffset ToInstant(DateTime local, TimeZoneInfo zone)
    {
        if (ReferenceEquals(zone, TimeZoneInfo.Utc)) return new DateTimeOffset(local.Ticks, TimeSpan.Zero);
        DateTime low = Utc(Shift(local, -Reach));
        DateTime high = Utc(Shift(local, Reach));
        TimeSpan before = zone.GetUtcOffset(low);
        TimeSpan after = zone.GetUtcOffset(high);

        // The larger offset is the earlier instant, hence the first of two.
        (TimeSpan first, TimeSpan second) = before >= after ? (before, after) : (after, before);
        if (Holds(local, first, zone, out DateTime instant) || Holds(local, second, zone, out instant)) return new DateTimeOffset(instant, TimeSpan.Zero);

        // In a gap: the change itself lies between, found by halving.
        while (high.Ticks - low.Ticks > TimeSpan.TicksPerSecond)
        {
            DateTime middle = Utc(new DateTime((low.Ticks / 2) + (high.Ticks / 2)));
            if (Shift(middle, zone.GetUtcOffset(middle)) < local) low = middle;
            else high = middle;
        }

        return new DateTimeOffset(high.Ticks - (high.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }

    private static bool Holds(DateTime local, TimeSpan offset, TimeZoneInfo zone, out DateTime instant)
    {
        instant = Utc(Shift(local, -offset));
        return zone.GetUtcOffset(instant) == offset;
    }

    private static DateTime Shift(DateTime time, TimeSpan by) => new(Math.Clamp(time.Ticks + by.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks));

    private static DateTime Utc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
