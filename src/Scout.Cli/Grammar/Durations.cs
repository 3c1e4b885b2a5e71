using System.Globalization;
using Scout.Cli.Errors;
using Scout.Ground;

namespace Scout.Cli.Grammar;

/// <summary>Durations and moments on the command line: the grammar of machines.md 1.1.</summary>
internal static class Durations
{
    /// <summary>One or more of number and unit <c>ms s m h d w M y</c>; only <c>0</c> needs no unit.</summary>
    public static bool TryParse(string text, out TimeSpan span) => DurationGrammar.TryParse(text, out span);

    /// <summary>Reads the value of an option, within bounds.</summary>
    /// <exception cref="CliException">Not a duration, or out of bounds.</exception>
    public static TimeSpan Read(string option, string text, TimeSpan least, TimeSpan most)
    {
        if (!TryParse(text, out TimeSpan span)) throw CliException.Usage($"{option}: '{text}' is not a duration", "write a number and a unit, such as 30s, 15m, 2h or 1d12h");
        if (span < least || span > most) throw CliException.Usage($"{option}: {text} is out of range", $"give {Rendering.Ages.Took(least)} to {Rendering.Ages.Took(most)}");
        return span;
    }

    /// <summary>A moment that lies behind: a duration before now, a local time of day (the last one), RFC 3339, or a local date and time.</summary>
    /// <exception cref="CliException">None of these.</exception>
    public static DateTimeOffset Past(string option, string text, TimeProvider time)
    {
        if (TryParse(text, out TimeSpan ago)) return time.GetUtcNow() - ago;
        return TimeOfDay(text, time, ahead: false) ?? Moment(option, text, time, "2h");
    }

    /// <summary>A moment that lies ahead: a duration from now, a local time of day (the next one), RFC 3339, or a local date and time.</summary>
    /// <exception cref="CliException">None of these, or it has passed.</exception>
    public static DateTimeOffset Ahead(string option, string text, TimeProvider time)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset moment = TryParse(text, out TimeSpan span) ? now + span : TimeOfDay(text, time, ahead: true) ?? Moment(option, text, time, "2h");
        return moment > now ? moment : throw CliException.Usage($"{option}: {text} has passed", "give a time that lies ahead");
    }

    private static DateTimeOffset? TimeOfDay(string text, TimeProvider time, bool ahead)
    {
        if (!TimeOnly.TryParseExact(text, ["HH:mm", "H:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly hour)) return null;
        TimeZoneInfo zone = time.LocalTimeZone;
        DateTimeOffset now = time.GetUtcNow();
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        DateTimeOffset On(DateOnly day)
        {
            DateTime wall = day.ToDateTime(hour);
            return new DateTimeOffset(wall, zone.GetUtcOffset(wall)).ToUniversalTime();
        }

        DateTimeOffset moment = On(today);
        if (ahead) return moment > now ? moment : On(today.AddDays(1));
        return moment <= now ? moment : On(today.AddDays(-1));
    }

    private static DateTimeOffset Moment(string option, string text, TimeProvider time, string duration)
    {
        string[] withOffset = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];
        string[] local = ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd"];
        if (DateTime.TryParseExact(text, local, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime wall))
        {
            TimeZoneInfo zone = time.LocalTimeZone;
            return new DateTimeOffset(wall, zone.GetUtcOffset(wall)).ToUniversalTime();
        }

        if (DateTimeOffset.TryParseExact(text, withOffset, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset moment)) return moment.ToUniversalTime();
        throw CliException.Usage($"{option}: '{text}' is not a time", $"write {duration}, 06:00 or '2026-11-21 06:00' for local time, or 2026-11-21T06:00:00Z");
    }
}
