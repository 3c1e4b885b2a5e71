namespace Scout.Machines.Definitions;

/// <summary>Text to sets of values: <c>*</c>, lists, ranges, steps and names.</summary>
internal static class CronParser
{
    private static readonly string[] MonthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private static readonly Field[] Fields =
    [
        new("minute", 0, 59, [], 0), new("hour", 0, 23, [], 0), new("day of the month", 1, 31, [], 0),
        new("month", 1, 12, MonthNames, 1), new("weekday", 0, 7, DayNames, 0),
    ];

    private readonly record struct Field(string Name, int Low, int High, string[] Names, int FirstName);

    /// <summary>Fills one set a field; 7 stays apart from 0 in the last.</summary>
    public static bool TryRead(string text, Span<ulong> sets, out SyntaxError error)
    {
        error = default;
        string line = text;
        if (text.StartsWith('@'))
        {
            string? meaning = text.ToLowerInvariant() switch
            {
                "@hourly" => "0 * * * *",
                "@daily" => "0 0 * * *",
                "@weekly" => "0 0 * * 0",
                "@monthly" => "0 0 1 * *",
                "@yearly" => "0 0 1 1 *",
                _ => null,
            };
            if (meaning is null)
            {
                error = new SyntaxError(1, $"'{Shown(text)}' is no schedule", "@hourly, @daily, @weekly, @monthly, @yearly, or five fields");
                return false;
            }

            line = meaning;
        }

        int at = 0;
        int field = 0;
        while (true)
        {
            while (at < line.Length && line[at] is ' ' or '\t') at++;
            if (at == line.Length) break;
            int start = at;
            while (at < line.Length && line[at] is not (' ' or '\t')) at++;
            if (field < Fields.Length && !TryField(line, start, at, Fields[field], out sets[field], out error)) return false;
            if (field == Fields.Length)
            {
                error = new SyntaxError(start + 1, "more than five fields", "minute hour day month weekday, without seconds");
                return false;
            }

            field++;
        }

        if (field == Fields.Length) return true;
        error = new SyntaxError(line.Length + 1, $"{field} of five fields", "minute hour day month weekday, such as '30 2 * * mon-fri'");
        return false;
    }

    private static bool TryField(string text, int start, int end, in Field field, out ulong set, out SyntaxError error)
    {
        set = 0;
        error = default;
        int at = start;
        while (at <= end)
        {
            int comma = text.IndexOf(',', at, end - at);
            int stop = comma < 0 ? end : comma;
            if (!TryItem(text.AsSpan(at, stop - at), at, field, ref set, out error)) return false;
            at = stop + 1;
            if (comma < 0) break;
        }

        return true;
    }

    // item: ( * | value | value-value ) [ /step ]
    private static bool TryItem(ReadOnlySpan<char> item, int at, in Field field, ref ulong set, out SyntaxError error)
    {
        error = default;
        int slash = item.IndexOf('/');
        ReadOnlySpan<char> range = slash < 0 ? item : item[..slash];
        int step = 1;
        if (slash >= 0 && (!TryDigits(item[(slash + 1)..], out step) || step < 1 || step > field.High))
            return Fail(at + slash + 1, $"'{Shown(item[(slash + 1)..])}' is no step of the {field.Name}", $"1 to {field.High}", out error);
        int low = field.Low;
        // In a full circle of weekdays 7 would be Sunday once more.
        int high = field.High == 7 ? 6 : field.High;
        if (range is not "*")
        {
            int dash = range.IndexOf('-');
            ReadOnlySpan<char> first = dash < 0 ? range : range[..dash];
            if (!TryValue(first, field, out low)) return Value(at, first, field, out error);
            if (dash >= 0)
            {
                ReadOnlySpan<char> second = range[(dash + 1)..];
                if (!TryValue(second, field, out high)) return Value(at + dash + 1, second, field, out error);
                // sat-sun is a range people write.
                if (field.High == 7 && high == 0 && low > 0) high = 7;
                if (high < low)
                    return Fail(at, $"'{Shown(range)}' runs backwards", "write two ranges, such as '22-23,0-5'", out error);
            }
            else if (slash < 0)
            {
                high = low;
            }
        }

        for (int value = low; value <= high; value += step) set |= 1UL << value;
        return true;
    }

    private static bool TryValue(ReadOnlySpan<char> text, in Field field, out int value)
    {
        if (TryDigits(text, out value)) return value >= field.Low && value <= field.High;
        for (int i = 0; i < field.Names.Length; i++)
        {
            if (!text.Equals(field.Names[i], StringComparison.OrdinalIgnoreCase)) continue;
            value = i + field.FirstName;
            return true;
        }

        return false;
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        if (text.Length is 0 or > 4) return false;
        foreach (char digit in text)
        {
            if (!char.IsAsciiDigit(digit)) return false;
            value = (value * 10) + (digit - '0');
        }

        return true;
    }

    private static bool Value(int at, ReadOnlySpan<char> text, in Field field, out SyntaxError error)
    {
        string names = field.Names.Length == 0 ? "" : $" or {field.Names[0]} to {field.Names[^1]}";
        return Fail(at, $"'{Shown(text)}' is no {field.Name}", $"{field.Low} to {field.High}{names}, *, lists, ranges and steps", out error);
    }

    private static bool Fail(int at, string message, string hint, out SyntaxError error)
    {
        error = new SyntaxError(at + 1, message, hint);
        return false;
    }

    private static string Shown(ReadOnlySpan<char> text) => text.Length > 40 ? string.Concat(text[..40], "...") : text.ToString();
}
