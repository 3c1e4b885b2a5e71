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
}
