using System.Globalization;

namespace Scout.Server.Configuration;

/// <summary>Sizes: a whole number and <c>B KiB MiB GiB</c>; only 0 needs no unit. Pure.</summary>
internal static class SizeText
{
    private static readonly (string Unit, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("B", 0)];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        if (text == "0") return true;
        foreach ((string unit, int shift) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!long.TryParse(text.AsSpan(0, text.Length - unit.Length).TrimEnd(' '), NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return false;
            if (number > long.MaxValue >> shift) return false;
            bytes = number << shift;
            return true;
        }

        return false;
    }

    /// <summary>The shortest text that reads back.</summary>
    public static string Format(long bytes)
    {
        if (bytes == 0) return "0";
        if (bytes % (1L << 30) == 0) return $"{bytes >> 30}GiB";
        if (bytes % (1L << 20) == 0) return $"{bytes >> 20}MiB";
        return bytes % (1L << 10) == 0 ? $"{bytes >> 10}KiB" : $"{bytes}B";
    }
}
