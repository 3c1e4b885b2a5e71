using System.Collections.Immutable;
using System.Text.Json;
using Scout.Protocol.Json;

namespace Scout.Protocol.Rpc;

/// <summary>
/// Reads one JSON object strictly: each field is asked for once, <see cref="End"/> refuses what nobody asked for and what stands there twice. The first problem
/// stays and names its field.
/// </summary>
internal sealed class StrictObject
{
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);
    private readonly Problem problem;
    private readonly string prefix;

    public StrictObject(JsonElement element, string path, Problem problem)
    {
        this.problem = problem;
        prefix = path.Length == 0 ? "" : path + ".";
        if (element.ValueKind != JsonValueKind.Object)
        {
            problem.Say($"{(path.Length == 0 ? "the request" : $"'{path}'")} must be an object");
            return;
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!fields.TryAdd(property.Name, property.Value)) problem.Say($"field '{prefix}{Shown.Clip(property.Name)}' is there twice");
        }
    }

    /// <summary>Fields are refused in the order of the document, so the message is always the same.</summary>
    public void End()
    {
        foreach (string name in fields.Keys)
        {
            if (!asked.Contains(name)) problem.Say($"unknown field '{prefix}{Shown.Clip(name)}'; {(asked.Count == 0 ? "none is due" : "known: " + string.Join(' ', asked))}");
        }
    }

    public bool Has(string name) => fields.ContainsKey(name);

    public StrictObject? Object(string name) => Take(name, out JsonElement value) ? new StrictObject(value, prefix + name, problem) : null;

    public string? Text(string name, int max, bool required = false)
    {
        if (!Take(name, out JsonElement value))
        {
            if (required) problem.Say($"field '{prefix}{name}' is missing");
            return null;
        }

        if (value.ValueKind != JsonValueKind.String || Get(value) is not { } text)
        {
            problem.Say($"'{prefix}{name}' must be a text");
            return null;
        }

        if (text.Length <= max) return text;
        problem.Say($"'{prefix}{name}' is over {max} characters");
        return null;
    }

    public long Number(string name, long min, long max, long missing)
    {
        if (!Take(name, out JsonElement value)) return missing;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= min && number <= max) return number;
        problem.Say($"'{prefix}{name}' must be a whole number from {min} to {max}");
        return missing;
    }

    public bool Flag(string name)
    {
        if (!Take(name, out JsonElement value)) return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        problem.Say($"'{prefix}{name}' must be true or false");
        return false;
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name, 64) is not { } text) return null;
        if (Rfc3339.TryParse(text, out DateTimeOffset time)) return time;
        problem.Say($"'{prefix}{name}' must be a time as in RFC 3339, such as 2026-11-21T00:42:51Z");
        return null;
    }

    public ImmutableArray<string> Texts(string name, int maxCount, int maxLength, Func<string, bool> valid, string what)
    {
        if (!Take(name, out JsonElement value)) return [];
        if (value.ValueKind != JsonValueKind.Array)
        {
            problem.Say($"'{prefix}{name}' must be a list");
            return [];
        }

        if (value.GetArrayLength() > maxCount)
        {
            problem.Say($"'{prefix}{name}' has over {maxCount} entries");
            return [];
        }

        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>(value.GetArrayLength());
        foreach (JsonElement element in value.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.String && Get(element) is { } text && text.Length <= maxLength && valid(text)) texts.Add(text);
            else problem.Say($"'{prefix}{name}' holds {Shown.Clip(element.GetRawText())}, which is no {what}");
        }

        return texts.ToImmutable();
    }

    public ImmutableSortedDictionary<string, string> Labels(string name)
    {
        if (!Take(name, out JsonElement value)) return LabelSelector.None;
        var labels = new StrictObject(value, prefix + name, problem);
        if (labels.fields.Count > RpcLimits.MaxLabels) problem.Say($"'{prefix}{name}' has over {RpcLimits.MaxLabels} entries");
        ImmutableSortedDictionary<string, string>.Builder found = LabelSelector.None.ToBuilder();
        foreach (string key in labels.fields.Keys)
        {
            if (!Names.IsLabelKey(key)) problem.Say($"'{prefix}{name}' has the key '{Shown.Clip(key)}', which is no label key");
            else if (labels.Text(key, 200) is { } text) found[key] = text;
        }

        return found.ToImmutable();
    }

    private bool Take(string name, out JsonElement value)
    {
        asked.Add(name);
        return fields.TryGetValue(name, out value);
    }

    /// <summary>Null for a lone surrogate or invalid UTF-8.</summary>
    private static string? Get(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The first thing that was wrong.</summary>
    internal sealed class Problem
    {
        public string? Text { get; private set; }

        public void Say(string text) => Text ??= text;
    }
}
