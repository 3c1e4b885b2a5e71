using System.Text;
using Scout.Checks.Thresholds;

namespace Scout.Checks.Output;

/// <summary>The one pass over performance data behind <see cref="PerfDataParser"/>.</summary>
internal struct PerfDataScan(string text, bool truncated)
{
    private const int ErrorsKept = 5;
    private const int ItemShown = 80;

    private List<PerfDataItem>? items;
    private List<PerfDataError>? firstErrors;
    private HashSet<string>? labels;
    private string prefix = "";
    private int errorCount;
    private bool tooMany;
    private int at;

    public readonly IReadOnlyList<PerfDataItem> Items => items ?? (IReadOnlyList<PerfDataItem>)[];

    public readonly PerfDataErrors Errors => errorCount == 0 ? PerfDataErrors.None : new PerfDataErrors(errorCount, firstErrors ?? []) { TooMany = tooMany };

    public void Run()
    {
        while (true)
        {
            while (at < text.Length && PerfDataParser.IsBlank(text[at])) at++;
            if (at >= text.Length) return;
            if (items?.Count == PerfDataParser.MaxItems)
            {
                tooMany = true;
                Reject(at, $"more than {PerfDataParser.MaxItems} items; the rest is ignored");
                return;
            }

            int start = at;
            if (Item(start)) continue;
            at = start;
            while (at < text.Length && !PerfDataParser.IsBlank(text[at])) at++;
        }
    }

    /// <summary>Reads one item and moves behind it; false (after a report) if it is bad and the scan has to find the next one.</summary>
    private bool Item(int start)
    {
        if (!Label(start, out string? label, out int equals))
        {
            // A cut text: what looks like the next item may be the inside of a label.
            if (label is null) at = text.Length;
            return label is null;
        }

        int end = equals + 1;
        while (end < text.Length && !PerfDataParser.IsBlank(text[end])) end++;
        if (truncated && end == text.Length)
        {
            at = end;
            return true;
        }

        if (label!.Length == 0 || string.IsNullOrWhiteSpace(label)) return Reject(start, "the label is empty; write label=value");
        if (label.Contains("::", StringComparison.Ordinal)) prefix = label[..(label.LastIndexOf("::", StringComparison.Ordinal) + 2)];
        else if (prefix.Length > 0) label = prefix + label;
        if (label.Length > PerfDataParser.MaxLabel) return Reject(start, $"the label is longer than {PerfDataParser.MaxLabel} characters");
        foreach (char c in label)
        {
            if (char.IsControl(c)) return Reject(start, "the label contains a control character");
        }

        ReadOnlySpan<char> raw = text.AsSpan(equals + 1, end - equals - 1);
        if (!Value(start, label, raw)) return false;
        at = end;
        return true;
    }

    /// <summary>False with a null label: the text was cut inside the label. False with an empty one: bad, and reported.</summary>
    private bool Label(int start, out string? label, out int equals)
    {
        label = "";
        if (text[start] != '\'')
        {
            equals = start;
            while (equals < text.Length && text[equals] != '=' && !PerfDataParser.IsBlank(text[equals])) equals++;
            if (equals < text.Length && text[equals] == '=')
            {
                label = text[start..equals];
                return true;
            }

            if (truncated && equals == text.Length) label = null;
            else Reject(start, "there is no '='; write label=value");
            return false;
        }

        bool doubled = false;
        for (equals = start + 1; equals < text.Length; equals++)
        {
            if (text[equals] != '\'') continue;
            if (equals + 1 >= text.Length || text[equals + 1] != '\'') break;
            doubled = true;
            equals++;
        }

        if (equals >= text.Length)
        {
            if (truncated) label = null;
            else Reject(start, "the quote of the label is never closed; '' inside quotes is one quote");
            return false;
        }

        string inner = text[(start + 1)..equals];
        if (doubled) inner = inner.Replace("''", "'", StringComparison.Ordinal);
        equals++;
        if (equals < text.Length && text[equals] == '=')
        {
            label = inner;
            return true;
        }

        if (truncated && equals == text.Length) label = null;
        else Reject(start, "a closing quote must be followed by '='");
        return false;
    }

    private bool Value(int start, string label, ReadOnlySpan<char> raw)
    {
        ReadOnlySpan<char> rest = raw;
        ReadOnlySpan<char> value = Field(ref rest);
        if (!PerfDataParser.TryValue(value, out double? number, out ReadOnlySpan<char> spelled, out string message)) return Reject(start, message);
        PerfUnit unit = PerfUnit.Find(spelled);
        NagiosRange? warning = Range(start, Field(ref rest), "warning", unit.Factor);
        NagiosRange? critical = Range(start, Field(ref rest), "critical", unit.Factor);
        double? min = Bound(start, Field(ref rest), "minimum", unit);
        double? max = Bound(start, Field(ref rest), "maximum", unit);
        if (unit.Base == "percent")
        {
            min ??= 0;
            max ??= 100;
        }

        double? normal = number * unit.Factor;
        if (normal is { } scaled && !double.IsFinite(scaled)) return Reject(start, "the number is too large for its unit");
        if (!New(label)) return Reject(start, "the label is repeated; its first value is kept");
        (items ??= new List<PerfDataItem>(2)).Add(new PerfDataItem
        {
            Label = label,
            Raw = raw.ToString(),
            RawValue = number,
            RawUnit = unit.Spelling,
            Value = normal,
            Unit = unit.Base,
            Warning = warning,
            Critical = critical,
            Min = min,
            Max = max,
        });
        return true;
    }

    private bool New(string label)
    {
        // Most plugins print a handful of items; a set pays only beyond that.
        if (labels is not null) return labels.Add(label);
        if (items is null) return true;
        foreach (PerfDataItem item in items)
        {
            if (item.Label == label) return false;
        }

        if (items.Count < 16) return true;
        labels = new HashSet<string>(items.Select(item => item.Label), StringComparer.Ordinal) { label };
        return true;
    }

    private static ReadOnlySpan<char> Field(ref ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOf(';');
        ReadOnlySpan<char> field = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return field;
    }

    private NagiosRange? Range(int start, ReadOnlySpan<char> field, string name, double factor)
    {
        if (field.IsEmpty) return null;
        if (PerfDataParser.TryRange(field, out NagiosRange range, out string message)) return range.Scale(factor);
        Reject(start, $"the {name} threshold \"{Shown(field)}\" is dropped: {message}");
        return null;
    }

    private double? Bound(int start, ReadOnlySpan<char> field, string name, PerfUnit unit)
    {
        if (field.IsEmpty) return null;
        if (PerfDataParser.TryBound(field, unit.Spelling, out double bound)) return bound * unit.Factor;
        Reject(start, $"the {name} \"{Shown(field)}\" is dropped: it is not a number, or has another unit than the value");
        return null;
    }

    private bool Reject(int start, string message)
    {
        errorCount++;
        if (errorCount > ErrorsKept) return false;
        int end = start;
        while (end < text.Length && !PerfDataParser.IsBlank(text[end])) end++;
        (firstErrors ??= []).Add(new PerfDataError(start + 1, Shown(text.AsSpan(start, end - start)), message));
        return false;
    }

    private static string Shown(ReadOnlySpan<char> item) =>
        item.Length <= ItemShown ? item.ToString() : new StringBuilder(ItemShown + 1).Append(item[..ItemShown]).Append('…').ToString();
}
