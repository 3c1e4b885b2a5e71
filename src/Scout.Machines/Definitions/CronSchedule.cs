using System.Numerics;
using Scout.Machines.Timing;

namespace Scout.Machines.Definitions;

/// <summary>A cron line of five fields, or <c>@hourly @daily @weekly @monthly @yearly</c> (machines.md section 8). Pure.</summary>
public sealed class CronSchedule
{
    // One bit a value; days of the month from bit 1, months from bit 1, Sunday is bit 0.
    private readonly ulong minutes;
    private readonly uint hours;
    private readonly uint days;
    private readonly uint months;
    private readonly uint weekdays;

    private CronSchedule(string source, ReadOnlySpan<ulong> fields)
    {
        Source = source;
        minutes = fields[0];
        hours = (uint)fields[1];
        days = (uint)fields[2];
        months = (uint)fields[3];
        // 7 is Sunday as well.
        weekdays = (uint)((fields[4] | (fields[4] >> 7)) & 0x7F);
    }

    /// <summary>As written.</summary>
    public string Source { get; }

    /// <summary>Reads a line; the error has the column of the field.</summary>
    public static bool TryParse(string text, out CronSchedule schedule, out SyntaxError error)
    {
        Span<ulong> fields = stackalloc ulong[5];
        schedule = null!;
        if (!CronParser.TryRead(text, fields, out error)) return false;
        var read = new CronSchedule(text, fields);
        if (!read.CanOccur())
        {
            error = new SyntaxError(1, $"'{text}' never comes: no such day in these months", "February has 29 days at most");
            return false;
        }

        schedule = read;
        return true;
    }

    /// <summary>
    /// The first occurrence strictly after a moment, in a time zone, or null when there is none within five years. A local time that does not exist
    /// occurs at the first instant after the gap, one that comes twice occurs the first time.
    /// </summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        // Local times in order give instants in order (LocalTime), so the first local match whose instant is later is the answer.
        if (after.Year > 9990) return null;
        DateTime local = LocalTime.At(after, zone);
        local = new DateTime(local.Ticks - (local.Ticks % TimeSpan.TicksPerMinute));
        DateTime last = local.AddYears(5);
        while (NextLocal(local, last) is { } match)
        {
            DateTimeOffset instant = LocalTime.ToInstant(match, zone);
            if (instant > after) return instant;
            local = match.AddMinutes(1);
        }

        return null;
    }

    // The first matching local minute at or after one: fields from coarse to fine, each step jumps to the next value that can match.
    private DateTime? NextLocal(DateTime from, DateTime last)
    {
        DateTime at = from;
        while (at <= last)
        {
            if ((months & (1u << at.Month)) == 0) at = new DateTime(at.Year, at.Month, 1).AddMonths(1);
            else if (!MatchesDay(at)) at = at.Date.AddDays(1);
            else if (NextBit(hours, at.Hour) is var hour && hour != at.Hour) at = hour < 0 ? at.Date.AddDays(1) : at.Date.AddHours(hour);
            else if (NextBit(minutes, at.Minute) is var minute && minute != at.Minute)
                at = minute < 0 ? at.Date.AddHours(at.Hour + 1) : at.Date.AddHours(at.Hour).AddMinutes(minute);
            else return at;
        }

        return null;
    }

    private bool MatchesDay(DateTime at)
    {
        bool day = (days & (1u << at.Day)) != 0;
        bool weekday = (weekdays & (1u << (int)at.DayOfWeek)) != 0;
        return BothRestricted ? day || weekday : day && weekday;
    }

    private bool BothRestricted => days != 0xFFFF_FFFE && weekdays != 0x7F;

    private bool CanOccur()
    {
        if (BothRestricted) return true;
        for (int month = 1; month <= 12; month++)
        {
            // 2024 is a leap year.
            int length = DateTime.DaysInMonth(2024, month);
            if ((months & (1u << month)) != 0 && BitOperations.TrailingZeroCount(days) <= length) return true;
        }

        return false;
    }

    private static int NextBit(ulong set, int from)
    {
        ulong rest = set & (ulong.MaxValue << from);
        return rest == 0 ? -1 : BitOperations.TrailingZeroCount(rest);
    }
}
