using Scout.Checks.Thresholds;

namespace Scout.Checks.Output;

/// <summary>Reads performance data (plugins.md section 5). Total and linear: bad items are reported one by one, good ones are kept.</summary>
public static class PerfDataParser
{
    /// <summary>Most items of one output.</summary>
    public const int MaxItems = 512;

    /// <summary>Most characters of a label. It is not cut, because cut labels collide.</summary>
    public const int MaxLabel = 128;

    /// <summary>Most characters of a unit.</summary>
    public const int MaxUnit = 16;

    /// <summary>Reads items from a text.</summary>
    /// <param name="text">Performance data, without the bar.</param>
    /// <param name="truncated">The text was cut: an item that reaches its end is dropped, for <c>12345</c> cut to <c>123</c> would be a lie.</param>
    /// <param name="errors">What was rejected.</param>
    public static IReadOnlyList<PerfDataItem> Parse(string text, bool truncated, out PerfDataErrors errors)
    {
        var reader = new PerfDataScan(text, truncated);
        reader.Run();
        errors = reader.Errors;
        return reader.Items;
    }

    internal static bool IsBlank(char c) => c is ' ' or (>= '\t' and <= '\r');

    internal static bool TryValue(ReadOnlySpan<char> value, out double? number, out ReadOnlySpan<char> unit, out string message)
    {
        number = null;
        unit = default;
        message = "";
        if (value is "U") return true;
        NumberScan scan = NumberReader.Read(value, out double read, out int length);
        if (scan == NumberScan.TooLarge)
        {
            message = "the number is too large";
            return false;
        }

        if (scan == NumberScan.None)
        {
            message = value.IsEmpty ? "there is no value behind '='; write U if it is not known" : "the value is not a number; write U if it is not known";
            return false;
        }

        unit = value[length..];
        number = read;
        if (unit.Length > MaxUnit)
        {
            message = $"the unit is longer than {MaxUnit} characters";
            return false;
        }

        foreach (char c in unit)
        {
            if (char.IsLetter(c) || c is '%' or '/' or '°') continue;
            message = c == ',' ? "write decimals with a point" : char.IsAsciiDigit(c) ? "digits in the unit; write numbers in decimal" : "the unit may hold only letters, %, / and °";
            return false;
        }

        return true;
    }

    /// <summary>A minimum or maximum: a number that may repeat the unit of the value.</summary>
    internal static bool TryBound(ReadOnlySpan<char> field, ReadOnlySpan<char> unit, out double bound)
    {
        return NumberReader.Read(field, out bound, out int length) == NumberScan.Good
            && (length == field.Length || field[length..].SequenceEqual(unit));
    }

    internal static bool TryRange(ReadOnlySpan<char> field, out NagiosRange range, out string message)
    {
        bool good = NagiosRange.TryParse(field, out range, out RangeError error);
        message = good ? "" : error.Message;
        return good;
    }
}
