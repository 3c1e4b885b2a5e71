using System.Globalization;

namespace Scout.Checks.Probes.Options;

/// <summary>
/// Durations as definitions write them (machines.md 1.1): <c>500ms</c>, <c>1h30m</c>, <c>1.5d</c>. Scout.Machines has the same grammar; this room may not know it, and a
/// test of the server holds the two equal.
/// </summary>
public static class DurationOption
{
    private const decimal Longest = 3650m * 24 * 3600 * 1000;

    /// <summary>Whole milliseconds, 0 to 10 y.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text == "0") return true;
        decimal total = 0;
        int at = 0;
        while (at < text.Length)
        {
            int start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            if (at == start) return false;
            if (at < text.Length && text[at] == '.')
            {
                int fraction = ++at;
                while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
                if (at == fraction) return false;
            }

            if (at - start > 25 || !decimal.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)) return false;
            start = at;
            while (at < text.Length && char.IsLetter(text[at])) at++;
            decimal unit = Unit(text.AsSpan(start, at - start));
            if (unit == 0 || number > 1_000_000_000_000m || (total += number * unit) > Longest) return false;
        }

        if (at == 0 || total != decimal.Truncate(total)) return false;
        duration = TimeSpan.FromTicks((long)total * TimeSpan.TicksPerMillisecond);
        return true;
    }

    /// <summary>The shortest usual form, read back as the same: <c>500ms</c>, <c>1m30s</c>, <c>24h</c>, <c>7d</c>; <c>0</c> is <c>0</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero) return "0";
        if (duration.Ticks % TimeSpan.TicksPerDay == 0 && duration.Ticks > TimeSpan.TicksPerDay) return duration.Days.ToString(CultureInfo.InvariantCulture) + "d";
        string text = Part((long)duration.TotalHours, "h") + Part(duration.Minutes, "m") + Part(duration.Seconds, "s") + Part(duration.Milliseconds, "ms");
        return text.Length == 0 ? "0" : text;
    }

    private static string Part(long value, string unit) => value > 0 ? value.ToString(CultureInfo.InvariantCulture) + unit : "";

    private static decimal Unit(ReadOnlySpan<char> word) => word switch
    {
        "ms" => 1m,
        "s" => 1000m,
        "m" => 60_000m,
        "h" => 3_600_000m,
        "d" or "D" => 86_400_000m,
        "w" or "W" => 7 * 86_400_000m,
        "M" => 30 * 86_400_000m,
        "y" or "Y" => 365 * 86_400_000m,
        _ => 0m,
    };
}
