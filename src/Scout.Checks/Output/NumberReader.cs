using System.Globalization;

namespace Scout.Checks.Output;

/// <summary>How reading a number went.</summary>
internal enum NumberScan
{
    Good,
    None,
    TooLarge,
}

/// <summary><c>number = [+|-] ( digits ["." [digits]] | "." digits ) [ (e|E) [+|-] digits ]</c>, finite as a double (plugins.md section 5).</summary>
internal static class NumberReader
{
    /// <summary>Reads the number the text begins with.</summary>
    /// <param name="length">How many characters it takes; also set when it is too large.</param>
    public static NumberScan Read(ReadOnlySpan<char> text, out double value, out int length)
    {
        value = 0;
        length = 0;
        int at = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        int digits = Digits(text, at);
        at += digits;
        if (at < text.Length && text[at] == '.')
        {
            int fraction = Digits(text, at + 1);
            if (digits + fraction == 0) return NumberScan.None;
            at += 1 + fraction;
        }
        else if (digits == 0)
        {
            return NumberScan.None;
        }

        if (at < text.Length && text[at] is 'e' or 'E')
        {
            int sign = at + 1 < text.Length && text[at + 1] is '+' or '-' ? 1 : 0;
            int exponent = Digits(text, at + 1 + sign);
            if (exponent > 0) at += 1 + sign + exponent;
        }

        length = at;
        return double.TryParse(text[..at], NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value)
            ? NumberScan.Good
            : NumberScan.TooLarge;
    }

    private static int Digits(ReadOnlySpan<char> text, int from)
    {
        int at = from;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return Math.Max(0, at - from);
    }
}
