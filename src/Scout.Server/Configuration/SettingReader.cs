using System.Collections.Immutable;
using System.Globalization;
using Scout.Machines.Timing;

namespace Scout.Server.Configuration;

/// <summary>
/// Takes each key whole from the first source that has it: flag, variable, file, default (server.md section 1). Collects all findings, and a row for
/// each value.
/// </summary>
internal sealed class SettingReader(SettingMap? file, IReadOnlyDictionary<string, string> environment, string workingFolder)
{
    public List<SettingFinding> Findings { get; } = [];

    public List<SettingRow> Rows { get; } = [];

    /// <summary>The value as given by the first source that has the key, or null.</summary>
    public SettingNode? Pick(string key, string? variable = null, string? flag = null, string? flagValue = null)
    {
        if (flag is not null && flagValue is not null) return new SettingText(flagValue, flag, flag, workingFolder);
        if (variable is not null && environment.TryGetValue(variable, out string? value) && value.Length > 0)
        {
            return new SettingText(value, variable, variable, workingFolder);
        }

        SettingNode? node = file;
        foreach (string part in key.Split('.')) node = (node as SettingMap)?.Find(part);
        // An empty text in an optional field means absent.
        return node is SettingText { Text.Length: 0 } ? null : node;
    }

    public void Row(string key, string value, SettingNode? from) => Rows.Add(new SettingRow(key, value, from?.Origin ?? "default"));

    public void Wrong(SettingNode at, string kind, string message, string hint = "") => Findings.Add(new SettingFinding(at.Place, kind, message, hint));

    /// <summary>One text, or null when the key is absent or no text.</summary>
    public string? Text(string key, SettingNode? node)
    {
        if (node is null) return null;
        if (node is SettingText text) return text.Text;
        Wrong(node, "wrong_type", $"'{key}' must be a text, not a {Word(node)}", $"write {key}: value");
        return null;
    }

    /// <summary>A text checked by a rule; the rule gives what is wrong, or null.</summary>
    public string Checked(string key, SettingNode? node, string fallback, Func<string, (string Kind, string Message, string Hint)?> rule)
    {
        string value = fallback;
        if (Text(key, node) is { } text)
        {
            if (rule(text) is { } wrong) Wrong(node!, wrong.Kind, wrong.Message, wrong.Hint);
            else value = text;
        }

        Row(key, value, node);
        return value;
    }

    public T Choice<T>(string key, SettingNode? node, T fallback, IReadOnlyList<(string Word, T Value)> words)
    {
        T value = fallback;
        if (Text(key, node) is { } text)
        {
            int place = -1;
            for (int i = 0; i < words.Count; i++)
            {
                if (words[i].Word == text) place = i;
            }

            if (place >= 0) value = words[place].Value;
            else Wrong(node!, "bad_value", $"'{text}' is no value of '{key}'", "one of " + string.Join(", ", words.Select(word => word.Word)));
        }

        Row(key, words.First(word => EqualityComparer<T>.Default.Equals(word.Value, value)).Word, node);
        return value;
    }

    public TimeSpan Duration(string key, SettingNode? node, TimeSpan fallback, TimeSpan least, TimeSpan most)
    {
        TimeSpan value = fallback;
        if (Text(key, node) is { } text)
        {
            if (!DurationText.TryParse(text, out TimeSpan given, out Machines.Definitions.SyntaxError error)) Wrong(node!, "bad_duration", $"'{key}': {error.Message}", error.Hint);
            else if (given < least || given > most) OutOfRange(key, node!, text, DurationText.Format(least), DurationText.Format(most));
            else value = given;
        }

        Row(key, DurationText.Format(value), node);
        return value;
    }

    public long Size(string key, SettingNode? node, long fallback, long least, long most)
    {
        long value = fallback;
        if (Text(key, node) is { } text)
        {
            if (!SizeText.TryParse(text, out long given)) Wrong(node!, "bad_value", $"'{text}' is no size", "a whole number and B, KiB, MiB or GiB, as in 64KiB");
            else if (given < least || given > most) OutOfRange(key, node!, text, SizeText.Format(least), SizeText.Format(most));
            else value = given;
        }

        Row(key, SizeText.Format(value), node);
        return value;
    }

    public int Number(string key, SettingNode? node, int fallback, int least, int most, string? auto = null)
    {
        int value = fallback;
        if (Text(key, node) is { } text && text != auto)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int given)) Wrong(node!, "bad_value", $"'{text}' is no whole number", $"{key}: {fallback}");
            else if (given < least || given > most) OutOfRange(key, node!, text, least.ToString(CultureInfo.InvariantCulture), most.ToString(CultureInfo.InvariantCulture));
            else value = given;
        }

        Row(key, value.ToString(CultureInfo.InvariantCulture), node);
        return value;
    }

    /// <summary>An absolute path: as given, or relative to the folder of the file or the working directory.</summary>
    public string Path(string key, SettingNode? node, string fallback)
    {
        string value = fallback;
        if (Text(key, node) is { } text)
        {
            if (text.Contains('\0', StringComparison.Ordinal)) Wrong(node!, "bad_value", $"'{key}' holds a NUL character");
            else value = Absolute(text, node!.Folder);
        }

        Row(key, value, node);
        return value;
    }

    /// <summary>A list of texts. A single text from a flag or variable is split at commas; in a file <c>[x]</c> is needed.</summary>
    public ImmutableArray<string> List(string key, SettingNode? node, ImmutableArray<string> fallback, int most, Func<string, (string Kind, string Message, string Hint)?> rule)
    {
        ImmutableArray<string> value = fallback;
        if (node is SettingText text && ReferenceEquals(text.Origin, text.Place))
        {
            node = new SettingList(
                [.. text.Text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(part => text with { Text = part })], text.Origin, text.Place, text.Folder);
        }

        if (node is SettingList list)
        {
            if (list.Items.Count > most) Wrong(list, "out_of_range", $"'{key}' has {list.Items.Count} entries", $"at most {most}");
            var values = ImmutableArray.CreateBuilder<string>();
            foreach (SettingNode item in list.Items)
            {
                if (Text(key, item) is not { } one) continue;
                if (rule(one) is { } wrong) Wrong(item, wrong.Kind, wrong.Message, wrong.Hint);
                else values.Add(one);
            }

            value = values.ToImmutable();
        }
        else if (node is not null)
        {
            Wrong(node, "wrong_type", $"'{key}' must be a list, not a {Word(node)}", $"write {key}: [x]");
        }

        Row(key, "[" + string.Join(", ", value) + "]", node);
        return value;
    }

    /// <summary>Makes a path absolute; <c>~</c> and variables are ordinary characters.</summary>
    public static string Absolute(string path, string folder) => System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path, folder));

    internal static string Word(SettingNode node) => node switch
    {
        SettingText => "text",
        SettingList => "list",
        _ => "map",
    };

    private void OutOfRange(string key, SettingNode node, string text, string least, string most) =>
        Wrong(node, "out_of_range", $"'{key}' is {text}", $"from {least} to {most}");
}
