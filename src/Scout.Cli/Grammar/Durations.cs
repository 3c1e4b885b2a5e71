using System.Globalization;
using Scout.Cli.Errors;

namespace Scout.Cli.Grammar;

/// <summary>Durations and moments on the command line: the grammar of machines.md 1.1.</summary>
internal static class Durations
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>One or more of number and unit <c>ms s m h d w M y</c>; only <c>0</c> needs no unit.</summary>
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        if (text == "0") return true;
        if (text.Length == 0) return false;
        decimal ticks = 0;
        int i = 0;
        while (i < text.Length)
        {
            int start = i;
            while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.')) i++;
            if (!decimal.TryParse(text.AsSpan(start, i - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)) return false;
            int unitStart = i;
            while (i < text.Length && char.IsAsciiLetter(text[i])) i++;
            if (UnitTicks(text.AsSpan(unitStart, i - unitStart)) is not { } unit) return false;
            if (number > 1_000_000_000_000m) return false;
            ticks += number * unit;
            if (ticks > Longest.Ticks) return false;
        }

        span = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>Reads the value of an option, within bounds.</summary>
    /// <exception cref="CliException">Not a duration, or out of bounds.</exception>
    public static TimeSpan Read(string option, string text, TimeSpan least, TimeSpan most)
    {
        if (!TryParse(text, out TimeSpan span)) throw CliException.Usage($"{option}: '{text}' is not a duration", "write a number and a unit, such as 30s, 15m, 2h or 1d12h");
        if (span < least || span > most) throw CliException.Usage($"{option}: {text} is out of range", $"give {Rendering.Ages.Took(least)} to {Rendering.Ages.Took(most)}");
        return span;
    }

    /// <summary>A moment: a duration before now, or RFC 3339, or a local date and time.</summary>
    /// <exception cref="CliException">Neither.</exception>
    public static DateTimeOffset Past(string option, string text, TimeProvider time)
    {
        if (TryParse(text, out TimeSpan ago)) return time.GetUtcNow() - ago;
        return Moment(option, text, time);
    }

    /// <summary>RFC 3339 with an offset, or a local date with a time.</summary>
    /// <exception cref="CliException">Neither.</exception>
    public static DateTimeOffset Moment(string option, string text, TimeProvider time)
    {
        string[] withOffset = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];
        string[] local = ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd"];
        if (DateTime.TryParseExact(text, local, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime wall))
        {
            TimeZoneInfo zone = time.LocalTimeZone;
            return new DateTimeOffset(wall, zone.GetUtcOffset(wall)).ToUniversalTime();
        }

        if (DateTimeOffset.TryParseExact(text, withOffset, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset moment)) return moment.ToUniversalTime();
        throw CliException.Usage($"{option}: '{text}' is not a time", "write 2026-11-21T06:00:00Z, or '2026-11-21 06:00' for local time");
    }

    private static decimal? UnitTicks(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        "h" => TimeSpan.TicksPerHour,
        "d" or "D" => TimeSpan.TicksPerDay,
        "w" or "W" => TimeSpan.TicksPerDay * 7,
        "M" => TimeSpan.TicksPerDay * 30,
        "y" or "Y" => TimeSpan.TicksPerDay * 365,
        _ => null,
    };
}
