using System.Globalization;

namespace Scout.Protocol.Json;

/// <summary>Times as RFC 3339 has them. We write UTC with milliseconds; we read every form of section 5.6, a leap second as the second before it.</summary>
public static class Rfc3339
{
    /// <summary>Length of what <see cref="Format(DateTimeOffset)"/> makes: <c>2026-11-21T00:42:51.261Z</c>.</summary>
    public const int Length = 24;

    public static string Format(DateTimeOffset time) => string.Create(Length, time, static (span, value) => Format(value, span));

    /// <summary>Writes 24 characters.</summary>
    public static void Format(DateTimeOffset time, Span<char> destination) =>
        time.UtcDateTime.TryFormat(destination, out _, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>Fractions beyond 100 ns are cut.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or 't') || text[13] != ':' || text[16] != ':') return false;
        if (!Digits(text[..4], out int year) || !Digits(text[5..7], out int month) || !Digits(text[8..10], out int day)) return false;
        if (!Digits(text[11..13], out int hour) || !Digits(text[14..16], out int minute) || !Digits(text[17..19], out int second)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60) return false;

        ReadOnlySpan<char> rest = text[19..];
        long fraction = 0;
        if (rest[0] == '.')
        {
            int digits = 1;
            long weight = TimeSpan.TicksPerSecond / 10;
            for (; digits < rest.Length && char.IsAsciiDigit(rest[digits]); digits++, weight /= 10) fraction += (rest[digits] - '0') * weight;
            if (digits == 1) return false;
            rest = rest[digits..];
        }

        if (!Offset(rest, out TimeSpan offset)) return false;
        var local = new DateTime(year, month, day, hour, minute, Math.Min(second, 59), DateTimeKind.Unspecified);
        long utc = local.Ticks + fraction - offset.Ticks;
        if (utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks) return false;
        time = new DateTimeOffset(utc, TimeSpan.Zero);
        return true;
    }

    private static bool Offset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text is "Z" or "z") return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':') return false;
        if (!Digits(text[1..3], out int hours) || !Digits(text[4..], out int minutes) || hours > 23 || minutes > 59) return false;
        offset = new TimeSpan(hours, minutes, 0);
        if (text[0] == '-') offset = -offset;
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
