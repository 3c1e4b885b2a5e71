using System.Globalization;
using System.Text;

namespace Scout.Ground;

/// <summary>
/// The one grammar of durations (machines.md 1.1): one or more of number and unit <c>ms s m h d w M y</c>, <c>M</c> 30 d, <c>y</c> 365 d; only <c>0</c>
/// needs no unit. Exact: <c>1.5d</c> is 36 h.
/// </summary>
internal static class DurationGrammar
{
    /// <summary>The longest duration: 10 y.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    private const decimal Second = 1000m;
    private const decimal Hour = 3600 * Second;
    private const decimal Day = 24 * Hour;

    /// <summary>Reads a duration: whole milliseconds, 0 to 10 y.</summary>
    public static bool TryParse(string text, out TimeSpan duration) => TryParse(text, out duration, out _);

    /// <summary>Reads a duration; the mistake says what is wrong at which column.</summary>
    public static bool TryParse(string text, out TimeSpan duration, out DurationMistake mistake)
    {
        duration = default;
        mistake = default;
        if (text == "0") return true;
        decimal total = 0;
        int at = 0;
        while (at < text.Length)
        {
            int start = at;
            if (!TryNumber(text, ref at, out decimal number)) return Fail(start, $"'{Shown(text[start..])}' is no number with a unit", out mistake);
            if (!TryUnit(text, ref at, out decimal unit))
            {
                string hint = at >= text.Length
                    ? $"write the unit: '{Shown(text)}s', '{Shown(text)}m' or '{Shown(text)}ms'"
                    : "units are ms, s, m, h, d, w, M (30 d) and y (365 d)";
                mistake = new DurationMistake(at + 1, at >= text.Length ? $"'{Shown(text)}' has no unit" : $"'{Shown(text[at..])}' is no unit", hint);
                return false;
            }

            // Far beyond the longest is all the same, and keeps the sum inside a decimal.
            if (number > 1_000_000_000_000m || (total += number * unit) > 100 * 365 * Day)
            {
                mistake = new DurationMistake(1, $"'{Shown(text)}' is longer than 10y", "at most 10y");
                return false;
            }
        }

        if (at == 0) return Fail(0, "a duration is empty", out mistake);
        if (total > (decimal)Longest.TotalMilliseconds)
        {
            mistake = new DurationMistake(1, $"'{Shown(text)}' is longer than 10y", "at most 10y");
            return false;
        }

        if (total != decimal.Truncate(total))
        {
            mistake = new DurationMistake(1, $"'{Shown(text)}' is finer than a millisecond", "whole milliseconds, at least 1ms");
            return false;
        }

        duration = TimeSpan.FromTicks((long)total * TimeSpan.TicksPerMillisecond);
        return true;
    }

    /// <summary>The shortest usual form, read back as the same: <c>500ms</c>, <c>1m30s</c>, <c>24h</c>, <c>7d</c>; <c>0</c> is <c>0</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero) return "0";
        // A day reads better as 24h, from two days on whole days are clearer.
        if (duration.Ticks % TimeSpan.TicksPerDay == 0 && duration.Ticks > TimeSpan.TicksPerDay)
            return duration.Days.ToString(CultureInfo.InvariantCulture) + "d";
        var text = new StringBuilder();
        Append(text, (long)duration.TotalHours, "h");
        Append(text, duration.Minutes, "m");
        Append(text, duration.Seconds, "s");
        Append(text, duration.Milliseconds, "ms");
        return text.Length == 0 ? "0" : text.ToString();
    }

    private static void Append(StringBuilder text, long value, string unit)
    {
        if (value > 0) text.Append(CultureInfo.InvariantCulture, $"{value}{unit}");
    }

    private static bool TryNumber(string text, ref int at, out decimal number)
    {
        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        bool digits = at > start;
        if (digits && at < text.Length && text[at] == '.')
        {
            int fraction = ++at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            digits = at > fraction;
        }

        number = 0;
        return digits && at - start <= 25
            && decimal.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryUnit(string text, ref int at, out decimal unit)
    {
        int start = at;
        while (at < text.Length && char.IsLetter(text[at])) at++;
        unit = text.AsSpan(start, at - start) switch
        {
            "ms" => 1m,
            "s" => Second,
            "m" => 60 * Second,
            "h" => Hour,
            "d" or "D" => Day,
            "w" or "W" => 7 * Day,
            "M" => 30 * Day,
            "y" or "Y" => 365 * Day,
            _ => 0m,
        };
        if (unit == 0) at = start;
        return unit > 0;
    }

    private static bool Fail(int at, string message, out DurationMistake mistake)
    {
        mistake = new DurationMistake(at + 1, message, "such as 500ms, 10s, 1h30m or 1.5d");
        return false;
    }

    private static string Shown(string text) => text.Length > 40 ? text[..40] + "..." : text;
}

/// <summary>Why a text is no duration.</summary>
/// <param name="Column">1-based, in characters of the text.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">How to mend it.</param>
internal readonly record struct DurationMistake(int Column, string Message, string Hint);
