using System.Collections.Immutable;
using System.Globalization;
using Scout.Machines.Definitions.Yaml;
using Scout.Machines.Timing;

namespace Scout.Machines.Definitions.Reading;

/// <summary>Typed fields of one mapping. What is wrong is reported and read as absent, so that all findings come at once.</summary>
/// <param name="context">Where findings go.</param>
/// <param name="map">The mapping.</param>
/// <param name="owner">For messages: <c>a check</c>, <c>a machine</c>, <c>an exec watcher</c>.</param>
internal readonly struct FieldReader(ReadContext context, YamlMap map, string owner)
{
    public ReadContext Context => context;

    public YamlMap Map => map;

    public string Owner => owner;

    /// <summary>Reports every key that is not known, with the nearest known one as hint, and every known one without a value, whether anybody reads it or not.</summary>
    /// <param name="known">All keys.</param>
    /// <param name="quiet">Those that are not worth telling of: not built yet.</param>
    public void Only(string[] known, string[]? quiet = null)
    {
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in map.Entries)
        {
            if (Array.IndexOf(known, entry.Key.Text) >= 0)
            {
                if (entry.Value is YamlScalar { IsMissing: true }) Missing(entry.Key);
                continue;
            }

            if (!context.Wants(entry.Key)) continue;
            context.Error(
                entry.Key, FindingKind.UnknownKey, $"{Show.Quote(entry.Key.Text)} is not a key of {owner}",
                Nearest.Hint(entry.Key.Text, known, $"keys of {owner} are {string.Join(", ", quiet is null ? known : known.Except(quiet))}"));
        }
    }

    /// <summary>The value of a key; null when absent, an empty text, or nothing (which is an error).</summary>
    public YamlNode? Find(string key)
    {
        YamlNode? node = map.Find(key);
        if (node is YamlScalar { Text.Length: 0 } scalar)
        {
            if (scalar.IsMissing) Missing(map.FindKey(key)!);
            return null;
        }

        return node;
    }

    /// <summary>True when the key stands there with a value, right or wrong.</summary>
    public bool Has(string key) => map.Find(key) is { } node && node is not YamlScalar { Text.Length: 0 };

    /// <summary>Like <see cref="Find"/>, and reports a missing key at the mapping that lacks it.</summary>
    public YamlNode? Require(string key, string example)
    {
        YamlNode? node = Find(key);
        if (node is null && map.Find(key) is not YamlScalar { IsMissing: true })
            context.Error(map, FindingKind.MissingKey, $"{owner} needs '{key}'", $"add '{key}: {example}'");
        return node;
    }

    /// <summary>The text of a scalar; null after an error or when absent.</summary>
    public string? Text(string key) => Find(key) is { } node ? Scalar(node, key, "a text")?.Text : null;

    /// <summary>A text of a limited length.</summary>
    public string? Text(string key, int longest)
    {
        if (Text(key) is not { } text) return null;
        return Fits(map.Find(key)!, key, text, longest) ? text : null;
    }

    public bool Fits(YamlNode at, string key, string text, int longest)
    {
        if (text.Length <= longest) return true;
        context.Error(at, FindingKind.OutOfRange, $"'{key}' has {text.Length} characters", $"at most {longest}");
        return false;
    }

    /// <summary>A scalar, or null after an error.</summary>
    public YamlScalar? Scalar(YamlNode node, string key, string wanted)
    {
        if (node is YamlScalar { IsMissing: false } scalar) return scalar;
        context.Error(node, FindingKind.WrongType, $"'{key}' is {node.Kind}, wanted is {wanted}", $"write {Example(key, wanted)}");
        return null;
    }

    /// <summary>A name of a machine, state, transition or watcher.</summary>
    public string? Name(string key) => Find(key) is { } node ? Name(node, key) : null;

    public string? Name(YamlNode node, string key)
    {
        if (Scalar(node, key, "a name") is not { } scalar) return null;
        if (Names.IsName(scalar.Text)) return context.Share(scalar.Text);
        context.Error(node, FindingKind.BadName, $"{Show.Quote(scalar.Text)} is no name", Names.Pattern);
        return null;
    }

    /// <summary>A duration in a range, or null when absent or wrong.</summary>
    public TimeSpan? Duration(string key, TimeSpan least, TimeSpan most, string? range = null)
    {
        if (Find(key) is not { } node || Scalar(node, key, "a duration") is not { } scalar) return null;
        if (!DurationText.TryParse(scalar.Text, out TimeSpan duration, out SyntaxError error))
        {
            context.Error(node, FindingKind.BadDuration, $"'{key}': {error.Message}", error.Hint);
            return null;
        }

        if (duration >= least && duration <= most) return duration;
        context.Error(
            node, FindingKind.OutOfRange, $"'{key}' is {Show.Short(scalar.Text)}",
            $"{DurationText.Format(least)} to {range ?? DurationText.Format(most)}");
        return null;
    }

    public int? Integer(string key, int least, int most)
    {
        if (Find(key) is not { } node || Scalar(node, key, "a whole number") is not { } scalar) return null;
        if (!long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            context.Error(node, FindingKind.BadValue, $"'{key}' is {Show.Quote(scalar.Text)}, which is no whole number", $"{least} to {most}");
            return null;
        }

        if (number >= least && number <= most) return (int)number;
        context.Error(node, FindingKind.OutOfRange, $"'{key}' is {number}", $"{least} to {most}");
        return null;
    }

    public bool Boolean(string key)
    {
        if (Find(key) is not { } node || Scalar(node, key, "true or false") is not { } scalar) return false;
        if (scalar.Text.Equals("true", StringComparison.OrdinalIgnoreCase)) return true;
        if (!scalar.Text.Equals("false", StringComparison.OrdinalIgnoreCase))
            context.Error(node, FindingKind.BadValue, $"'{key}' is {Show.Quote(scalar.Text)}", "true or false");
        return false;
    }

    /// <summary>One of a few words.</summary>
    public string? Choice(string key, params string[] words) => Find(key) is { } node ? Choice(node, key, words) : null;

    public string? Choice(YamlNode node, string key, string[] words)
    {
        if (Scalar(node, key, string.Join(" or ", words)) is not { } scalar) return null;
        int index = Array.IndexOf(words, scalar.Text);
        if (index >= 0) return words[index];
        context.Error(
            node, FindingKind.BadValue, $"'{key}' is {Show.Quote(scalar.Text)}",
            Nearest.Hint(scalar.Text, words, $"one of {string.Join(", ", words)}"));
        return null;
    }

    public YamlMap? Mapping(string key, string example)
    {
        YamlNode? node = Find(key);
        if (node is null or YamlMap) return node as YamlMap;
        context.Error(node, FindingKind.WrongType, $"'{key}' is {node.Kind}, wanted is a mapping", $"write '{key}: {example}'");
        return null;
    }

    /// <summary>The items of a list; too many are reported, and only so many returned.</summary>
    public List<YamlNode> Items(string key, int least, int most, string example) => Find(key) is { } node ? Items(node, key, least, most, example) : [];

    public List<YamlNode> Items(YamlNode node, string key, int least, int most, string example)
    {
        if (node is not YamlList list)
        {
            context.Error(node, FindingKind.WrongType, $"'{key}' is {node.Kind}, wanted is a list", $"write '{key}: [{example}]'");
            return [];
        }

        if (list.Items.Count >= least && list.Items.Count <= most) return list.Items;
        context.Error(
            node, FindingKind.OutOfRange, $"'{key}' has {list.Items.Count} entries",
            least > 0 && list.Items.Count < least ? $"at least {least}, such as [{example}]" : $"at most {most}");
        return list.Items.Count > most ? list.Items.GetRange(0, most) : list.Items;
    }

    /// <summary>Items that are mappings.</summary>
    public List<YamlMap> Mappings(string key, int least, int most, string example)
    {
        var maps = new List<YamlMap>();
        foreach (YamlNode item in Items(key, least, most, example))
        {
            if (item is YamlMap entry) maps.Add(entry);
            else context.Error(item, FindingKind.WrongType, $"an entry of '{key}' is {item.Kind}, wanted is a mapping", $"write '- {example}'");
        }

        return maps;
    }

    /// <summary>A list of different names.</summary>
    public ImmutableArray<string> NameList(string key, int least, int most, string example)
    {
        if (Find(key) is not { } node) return [];
        var names = new List<string>();
        foreach (YamlNode item in Items(node, key, least, most, example))
        {
            if (Name(item, key) is not { } name) continue;
            if (!names.Contains(name)) names.Add(name);
            else context.Error(item, FindingKind.DuplicateName, $"{Show.Quote(name)} a second time in '{key}'", "leave one out");
        }

        return [.. names];
    }

    /// <summary>A map of texts, by key in ordinal order.</summary>
    public ImmutableArray<KeyValuePair<string, string>> TextMap(string key, int most, Func<string, bool> isKey, string keyPattern, int longestValue)
    {
        if (Mapping(key, "{ team: storage }") is not { } texts) return [];
        if (texts.Entries.Count > most) context.Error(texts, FindingKind.OutOfRange, $"'{key}' has {texts.Entries.Count} entries", $"at most {most}");
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in texts.Entries.Take(most))
        {
            if (!isKey(entry.Key.Text)) context.Error(entry.Key, FindingKind.BadName, $"{Show.Quote(entry.Key.Text)} is no key of '{key}'", keyPattern);
            else if (Scalar(entry.Value, entry.Key.Text, "a text") is { } value && Fits(value, entry.Key.Text, value.Text, longestValue))
                pairs.Add(new(context.Share(entry.Key.Text), context.Share(value.Text)));
        }

        pairs.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
        return [.. pairs];
    }

    /// <summary>A key that has no effect here: ° when it does no harm.</summary>
    public void Ignored(string key, string why)
    {
        if (Has(key)) context.Degree(map.FindKey(key)!, FindingKind.IgnoredKey, $"'{key}' has no effect here", why);
    }

    private void Missing(YamlScalar key) => context.Error(key, FindingKind.WrongType, $"'{key.Text}' has no value", "give it one, or leave the key out");

    private static string Example(string key, string wanted) => wanted switch
    {
        "a duration" => $"'{key}: 30s'",
        "a whole number" => $"'{key}: 3'",
        "true or false" => $"'{key}: true'",
        "a name" => "a name such as disk_root",
        _ => "one text",
    };
}
