using System.Globalization;

namespace Scout.Checks.Probes.Options;

/// <summary>Sizes: a whole number of bytes, or with <c>B KiB MiB GiB</c>.</summary>
internal static class SizeOption
{
    private static readonly (string Unit, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("B", 0), ("", 0)];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        foreach ((string unit, int shift) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!long.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return false;
            if (number > long.MaxValue >> shift) return false;
            bytes = number << shift;
            return true;
        }

        return false;
    }

    /// <summary>The shortest text that reads back.</summary>
    public static string Format(long bytes)
    {
        if (bytes > 0 && bytes % (1L << 30) == 0) return $"{bytes >> 30}GiB";
        if (bytes > 0 && bytes % (1L << 20) == 0) return $"{bytes >> 20}MiB";
        return bytes > 0 && bytes % (1L << 10) == 0 ? $"{bytes >> 10}KiB" : bytes.ToString(CultureInfo.InvariantCulture);
    }
}
