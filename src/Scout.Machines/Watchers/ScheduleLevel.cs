using Scout.Machines.Definitions;

namespace Scout.Machines.Watchers;

/// <summary>
/// On is a function of time (machines.md section 8): on(t) if some occurrence o has o + splay &lt;= t &lt; o + duration. Pure; occurrences are instants, so a
/// change to or from summer time is the business of <see cref="CronSchedule"/> alone.
/// </summary>
internal static class ScheduleLevel
{
    /// <param name="schedule">Lines and duration.</param>
    /// <param name="splay">place(start_splay).</param>
    /// <param name="zone">In which the lines are meant.</param>
    /// <param name="at">Wall clock.</param>
    /// <param name="look">When the level may be another one; null for never.</param>
    public static bool IsOn(ScheduleWatcher schedule, TimeSpan splay, TimeZoneInfo zone, DateTimeOffset at, out DateTimeOffset? look)
    {
        DateTimeOffset? ends = null;
        DateTimeOffset? begins = null;
        foreach (CronSchedule line in schedule.Schedules)
        {
            // The earliest occurrence that has not ended; if even it has not begun, none of this line has.
            if (line.Next(at - schedule.Duration, zone) is not { } occurrence) continue;
            if (occurrence + splay <= at) ends = Earlier(ends, occurrence + schedule.Duration);
            else begins = Earlier(begins, occurrence + splay);
        }

        look = ends ?? begins;
        return ends is not null;
    }

    private static DateTimeOffset Earlier(DateTimeOffset? a, DateTimeOffset b) => a is { } other && other < b ? other : b;
}
