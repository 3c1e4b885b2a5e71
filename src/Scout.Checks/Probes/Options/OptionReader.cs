using System.Globalization;
using System.Net;
using Scout.Ground;

namespace Scout.Checks.Probes.Options;

/// <summary>
/// Typed options of one mapping. What is wrong is reported and read as the usual value, so that all findings come at once; what was read is kept in canonical
/// form by the way.
/// </summary>
/// <param name="findings">Where findings go.</param>
/// <param name="map">The mapping.</param>
/// <param name="owner">For messages: <c>a tcp probe</c>, <c>answers</c>.</param>
/// <param name="known">All options there are.</param>
public sealed class OptionReader(List<OptionFinding> findings, OptionMap map, string owner, IReadOnlyList<OptionInfo> known)
{
    public OptionMap Map => map;

    public CanonicalMap Canonical { get; } = new();

    /// <summary>Reports every key that is not known, and every known one without a value, whether anybody reads it or not.</summary>
    public void OnlyKnown()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (OptionEntry entry in map.Entries)
        {
            if (!seen.Add(entry.Key))
            {
                Error(entry.Line, entry.Column, "duplicate_key", $"{Quote(entry.Key)} a second time", "leave one out");
                continue;
            }

            if (known.Any(option => option.Name == entry.Key))
            {
                if (entry.Value is OptionText { IsMissing: true }) Error(entry.Line, entry.Column, "wrong_type", $"{Quote(entry.Key)} has no value", "give it one, or leave the key out");
                continue;
            }

            string hint = entry.Key == "timeout" ? "'timeout' is a key of the check, beside the probe"
                : NearestWord.Hint(entry.Key, known.Select(option => option.Name), $"options of {owner} are {string.Join(", ", known.Select(option => option.Name))}");
            Error(entry.Line, entry.Column, "unknown_key", $"{Quote(entry.Key)} is not an option of {owner}", hint);
        }
    }

    public bool Has(string key) => Value(key) is not null;

    /// <summary>The value of a key; null when absent or an empty text.</summary>
    public OptionNode? Value(string key) => map.Find(key)?.Value is { } node and not OptionText { Value.Length: 0 } ? node : null;

    /// <summary>Any text, also an empty one in quotes where that means something.</summary>
    public string? Text(string key, string? usual = null, int longest = 4096)
    {
        string? text = usual;
        if (Scalar(key, "a text") is { } node)
        {
            if (node.Value.Length <= longest) text = node.Value;
            else Error(node, "out_of_range", $"'{key}' has {node.Value.Length} characters", $"at most {longest}");
        }

        Canonical.Set(key, text);
        return text;
    }

    /// <summary>Like <see cref="Text"/>, and reports a missing key.</summary>
    public string? RequiredText(string key, string example, int longest = 4096)
    {
        if (Value(key) is null) Missing(key, example);
        return Text(key, null, longest);
    }

    public void Missing(string key, string example)
    {
        if (map.Find(key) is { } entry)
        {
            if (entry.Value is not OptionText { IsMissing: true }) Error(entry.Line, entry.Column, "missing_key", $"'{key}' has no value", $"such as '{key}: {example}'");
        }
        else
        {
            Error(map, "missing_key", $"{owner} needs '{key}'", $"add '{key}: {example}'");
        }
    }

    public int? Integer(string key, int least, int most, int? usual = null)
    {
        int? number = usual;
        if (Scalar(key, "a whole number") is { } node)
        {
            if (!long.TryParse(node.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
                Error(node, "bad_value", $"'{key}' is {Quote(node.Value)}, which is no whole number", $"{least} to {most}");
            else if (value < least || value > most) Error(node, "out_of_range", $"'{key}' is {value}", $"{least} to {most}");
            else number = (int)value;
        }

        Canonical.Set(key, number);
        return number;
    }

    public bool Flag(string key, bool usual = false)
    {
        bool truth = usual;
        if (Scalar(key, "true or false") is { } node)
        {
            if (node.Value.Equals("true", StringComparison.OrdinalIgnoreCase)) truth = true;
            else if (node.Value.Equals("false", StringComparison.OrdinalIgnoreCase)) truth = false;
            else Error(node, "bad_value", $"'{key}' is {Quote(node.Value)}", "true or false");
        }

        Canonical.Set(key, truth);
        return truth;
    }

    public TimeSpan? Duration(string key, TimeSpan least, TimeSpan most, TimeSpan? usual = null)
    {
        TimeSpan? duration = usual;
        if (Scalar(key, "a duration") is { } node)
        {
            if (!DurationGrammar.TryParse(node.Value, out TimeSpan value, out DurationMistake mistake)) Error(node, "bad_duration", $"'{key}': {mistake.Message}", mistake.Hint);
            else if (value < least || value > most)
                Error(node, "out_of_range", $"'{key}' is {Short(node.Value)}", $"{DurationGrammar.Format(least)} to {DurationGrammar.Format(most)}");
            else duration = value;
        }

        Canonical.Set(key, duration is { } time ? DurationGrammar.Format(time) : null);
        return duration;
    }

    /// <summary>0 to 100, with or without the sign.</summary>
    public double? Percent(string key, double? usual = null)
    {
        double? percent = usual;
        if (Scalar(key, "a percentage") is { } node)
        {
            if (!double.TryParse(node.Value.TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
                Error(node, "bad_value", $"'{key}' is {Quote(node.Value)}, which is no percentage", "such as 20%");
            else if (value > 100) Error(node, "out_of_range", $"'{key}' is {Short(node.Value)}", "0% to 100%");
            else percent = value;
        }

        Canonical.Set(key, percent is { } number ? number.ToString("R", CultureInfo.InvariantCulture) + "%" : null);
        return percent;
    }

    /// <summary>Bytes: a whole number, alone or with <c>B KiB MiB</c>.</summary>
    public int? Size(string key, int least, int most, int? usual = null)
    {
        int? size = usual;
        if (Scalar(key, "a size") is { } node)
        {
            if (!SizeOption.TryParse(node.Value, out long value)) Error(node, "bad_value", $"'{key}' is {Quote(node.Value)}, which is no size", "such as 4096, 64KiB or 1MiB");
            else if (value < least || value > most) Error(node, "out_of_range", $"'{key}' is {Short(node.Value)}", $"{SizeOption.Format(least)} to {SizeOption.Format(most)}");
            else size = (int)value;
        }

        Canonical.Set(key, size is { } bytes ? SizeOption.Format(bytes) : null);
        return size;
    }

    /// <summary>One of a few words.</summary>
    public T Choice<T>(string key, IReadOnlyList<(string Word, T Value)> words, T usual)
    {
        T choice = usual;
        if (Scalar(key, "one of " + string.Join(", ", words.Select(word => word.Word))) is { } node)
        {
            int found = -1;
            for (int i = 0; i < words.Count; i++)
            {
                if (words[i].Word == node.Value) found = i;
            }

            if (found >= 0) choice = words[found].Value;
            else Error(node, "bad_value", $"'{key}' is {Quote(node.Value)}", NearestWord.Hint(node.Value, words.Select(word => word.Word), $"one of {string.Join(", ", words.Select(word => word.Word))}"));
        }

        foreach ((string word, T value) in words)
        {
            if (EqualityComparer<T>.Default.Equals(value, choice)) Canonical.Set(key, word);
        }

        return choice;
    }

    /// <summary>The outcome wanted; the first word is the usual one.</summary>
    public ProbeExpect Expect(IReadOnlyList<ProbeExpect> words) => Choice("expect", [.. words.Select(word => (word.Word, word))], words[0]);

    public ProbePattern? Pattern(string key)
    {
        ProbePattern? pattern = null;
        if (Scalar(key, "a regular expression") is { } node) pattern = Pattern(node, key);
        Canonical.Set(key, pattern?.Source);
        return pattern;
    }

    public ProbePattern? Pattern(OptionText node, string key)
    {
        if (node.Value.Length > ProbePattern.Longest)
        {
            Error(node, "out_of_range", $"'{key}' has {node.Value.Length} characters", $"at most {ProbePattern.Longest}");
            return null;
        }

        if (ProbePattern.TryParse(node.Value, out ProbePattern? pattern, out string error, out string hint)) return pattern;
        Error(node, "bad_value", $"'{key}': {error}", hint);
        return null;
    }

    public ProbeBytes? Bytes(string key)
    {
        ProbeBytes? bytes = null;
        if (Scalar(key, "a text or hex:...") is { } node)
        {
            if (!ProbeBytes.TryParse(node.Value, out bytes)) Error(node, "bad_value", $"'{key}' is no hexadecimal text", "an even number of the digits 0-9 and a-f behind hex:");
            else if (bytes!.Bytes.Length > ProbeBytes.Longest) Error(node, "out_of_range", $"'{key}' has {bytes.Bytes.Length} bytes", $"at most {ProbeBytes.Longest}");
        }

        Canonical.Set(key, bytes?.Source);
        return bytes;
    }

    public IPAddress? Address(string key)
    {
        IPAddress? address = null;
        if (Scalar(key, "an IP address") is { } node && !AddressText.TryParse(node.Value, out address))
            Error(node, "bad_value", $"'{key}' is {Quote(node.Value)}, which is no IP address", "such as 192.0.2.7 or 2001:db8::7");
        Canonical.Set(key, address?.ToString());
        return address;
    }

    /// <summary>Scalars of a list.</summary>
    public List<OptionText> Texts(string key, int most, string example)
    {
        var texts = new List<OptionText>();
        foreach (OptionNode item in Items(key, most, example))
        {
            if (item is OptionText { IsMissing: false } text) texts.Add(text);
            else Error(item, "wrong_type", $"an entry of '{key}' is {item.Shape}, wanted is a text", $"write '{key}: [{example}]'");
        }

        return texts;
    }

    public IReadOnlyList<OptionNode> Items(string key, int most, string example)
    {
        switch (Value(key))
        {
            case null:
                return [];
            case OptionList list when list.Items.Count <= most:
                return list.Items;
            case OptionList list:
                Error(list, "out_of_range", $"'{key}' has {list.Items.Count} entries", $"at most {most}");
                return [];
            case { } other:
                Error(other, "wrong_type", $"'{key}' is {other.Shape}, wanted is a list", $"write '{key}: [{example}]'");
                return [];
        }
    }

    /// <summary>Texts by key; the order of the file is kept.</summary>
    public List<(OptionEntry Key, OptionText Value)> Pairs(string key, int most, string example)
    {
        var pairs = new List<(OptionEntry, OptionText)>();
        switch (Value(key))
        {
            case null:
                break;
            case OptionMap { Entries.Count: var count } map when count > most:
                Error(map, "out_of_range", $"'{key}' has {count} entries", $"at most {most}");
                break;
            case OptionMap map:
                foreach (OptionEntry entry in map.Entries)
                {
                    if (entry.Value is OptionText { IsMissing: false } text) pairs.Add((entry, text));
                    else Error(entry.Value, "wrong_type", $"{Quote(entry.Key)} in '{key}' is {entry.Value.Shape}, wanted is a text", $"write '{key}: {example}'");
                }

                break;
            case { } other:
                Error(other, "wrong_type", $"'{key}' is {other.Shape}, wanted is a mapping", $"write '{key}: {example}'");
                break;
        }

        return pairs;
    }

    /// <summary>Options inside an option; null when absent or wrong.</summary>
    public OptionReader? Group(string key, string example, IReadOnlyList<OptionInfo> options)
    {
        switch (Value(key))
        {
            case null:
                return null;
            case OptionMap inner:
                var reader = new OptionReader(findings, inner, $"'{key}'", options);
                reader.OnlyKnown();
                Canonical.Set(key, reader.Canonical);
                return reader;
            case { } other:
                Error(other, "wrong_type", $"'{key}' is {other.Shape}, wanted is a mapping", $"write '{key}: {example}'");
                return null;
        }
    }

    /// <summary>An option that excludes another, or has no effect with it.</summary>
    public void Conflict(string key, string with, string why)
    {
        if (!Has(key) || map.Find(key) is not { } entry) return;
        Error(entry.Line, entry.Column, "conflict", $"'{key}' beside '{with}'", why);
    }

    public void Error(string key, string code, string message, string hint)
    {
        if (map.Find(key) is { } entry) Error(entry.Value, code, message, hint);
        else Error(map, code, message, hint);
    }

    public void Error(OptionNode at, string code, string message, string hint) => Error(at.Line, at.Column, code, message, hint);

    private void Error(int line, int column, string code, string message, string hint) => findings.Add(new OptionFinding(line, column, code, message, hint));

    private OptionText? Scalar(string key, string wanted)
    {
        switch (map.Find(key))
        {
            case null or { Value: OptionText { Value.Length: 0, Quoted: true } }:
                return null;
            case { Value: OptionText { IsMissing: false } text }:
                return text;
            case { Value: OptionText }:
                // Told by OnlyKnown, as of every key.
                return null;
            case { } entry:
                Error(entry.Value, "wrong_type", $"'{key}' is {entry.Value.Shape}, wanted is {wanted}", $"write one value behind '{key}:'");
                return null;
        }
    }

    /// <summary>In quotes, cut, without control characters.</summary>
    public static string Quote(string text) => $"'{Short(text)}'";

    private static string Short(string text)
    {
        string cut = text.Length > 60 ? text[..60] + "..." : text;
        return string.Concat(cut.Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '\uFFFD' : letter));
    }
}
