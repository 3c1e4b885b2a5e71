using System.Globalization;
using Scout.Checks.Output;

namespace Scout.Checks.Thresholds;

/// <summary>
/// A threshold <c>[@][start:][end]</c> of the Nagios plugin guidelines (plugins.md section 6). It alerts when a value lies outside, with <c>@</c> when it
/// lies inside; both ends belong to the range.
/// </summary>
/// <param name="Start">Minus infinity for <c>~</c>.</param>
/// <param name="End">Plus infinity when open above.</param>
/// <param name="Inside">True for <c>@</c>: inside alerts.</param>
public readonly record struct NagiosRange(double Start, double End, bool Inside)
{
    /// <summary>True if the value breaks the threshold. A value that is not a number always does.</summary>
    public bool Alerts(double value) => double.IsNaN(value) || Inside == (value >= Start && value <= End);

    /// <summary>The same range in another unit.</summary>
    /// <param name="factor">Positive.</param>
    public NagiosRange Scale(double factor) => this with { Start = Start * factor, End = End * factor };

    /// <summary>Reads a range. Stricter than the C library of monitoring-plugins, which reads junk as 0: nothing is guessed.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out NagiosRange range, out RangeError error)
    {
        range = default;
        error = default;
        int at = 0;
        if (text.IsEmpty) return Fail(1, "a range is empty; write an end such as 10, or a range such as 10:20", out error);
        bool inside = text[0] == '@';
        if (inside) at = 1;
        if (at == text.Length) return Fail(at + 1, "'@' needs a range behind it, such as @10:20", out error);

        double start = 0;
        double end = double.PositiveInfinity;
        int colon = text[at..].IndexOf(':');
        if (colon >= 0)
        {
            colon += at;
            ReadOnlySpan<char> left = text[at..colon];
            if (left.IsEmpty && colon + 1 == text.Length) return Fail(colon + 1, "':' needs a number before or behind it", out error);
            if (left is "~") start = double.NegativeInfinity;
            else if (!left.IsEmpty && !Number(text, at, colon, out start, out error)) return false;
            at = colon + 1;
            if (at < text.Length && !Number(text, at, text.Length, out end, out error)) return false;
        }
        else if (!Number(text, at, text.Length, out end, out error))
        {
            return false;
        }

        if (start > end)
        {
            return Fail(inside ? 2 : 1, string.Create(CultureInfo.InvariantCulture,
                $"the start {start} is above the end {end}; a range without 'start:' begins at 0, and '~:' begins at minus infinity"), out error);
        }

        range = new NagiosRange(start, end, inside);
        return true;
    }

    /// <summary>The shortest text that reads as this range.</summary>
    public override string ToString()
    {
        string at = Inside ? "@" : "";
        string end = double.IsPositiveInfinity(End) ? "" : End.ToString("R", CultureInfo.InvariantCulture);
        if (double.IsNegativeInfinity(Start)) return $"{at}~:{end}";
        return Start == 0 && end.Length > 0 ? at + end : string.Create(CultureInfo.InvariantCulture, $"{at}{Start:R}:{end}");
    }

    private static bool Number(ReadOnlySpan<char> text, int from, int to, out double value, out RangeError error)
    {
        error = default;
        ReadOnlySpan<char> part = text[from..to];
        NumberScan scan = NumberReader.Read(part, out value, out int length);
        if (scan == NumberScan.Good && length == part.Length) return true;
        if (scan == NumberScan.TooLarge) return Fail(from + 1, "the number is too large", out error);
        if (scan == NumberScan.None) length = 0;
        return Fail(from + length + 1, Reason(part, length), out error);
    }

    private static string Reason(ReadOnlySpan<char> part, int at)
    {
        if (at >= part.Length) return "a number is missing";
        return part[at] switch
        {
            '~' => "'~' can only be a start, as in ~:10",
            '@' => "'@' can only come first",
            ':' => "there is a ':' too many; a range is start:end",
            ',' => "write decimals with a point",
            ' ' or '\t' => "a range has no blanks",
            'x' or 'X' => "write numbers in decimal",
            '%' => "a range has no unit; leave the % away",
            _ when at == 0 => "this is not a number",
            _ when char.IsLetter(part[at]) => "a range has no unit; write the number alone",
            _ => "there is something behind the number",
        };
    }

    private static bool Fail(int position, string message, out RangeError error)
    {
        error = new RangeError(position, message);
        return false;
    }
}
