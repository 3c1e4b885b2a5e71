namespace Scout.Kubernetes.Fake;

/// <summary>Label and field selectors with <c>=</c>, <c>==</c>, <c>!=</c>, presence and absence, <c>in</c> and <c>notin</c>.</summary>
public sealed class FakeSelector(string? space, string? labels, string? fields)
{
    private readonly string[] labelTerms = Split(labels);
    private readonly string[] fieldTerms = Split(fields);

    /// <summary>Whether anything but the namespace selects.</summary>
    public bool Selects => labelTerms.Length + fieldTerms.Length > 0;

    public bool Matches(FakeObject? found) =>
        found is not null && (space is null || found.Namespace == space)
        && labelTerms.All(term => Holds(term, found.Label)) && fieldTerms.All(term => Holds(term, found.Field));

    private static bool Holds(string term, Func<string, string?> value)
    {
        int not = term.IndexOf("!=", StringComparison.Ordinal);
        if (not > 0) return value(term[..not].Trim()) != term[(not + 2)..].Trim();
        int equal = term.IndexOf('=', StringComparison.Ordinal);
        if (equal > 0) return value(term[..equal].Trim()) == term[(equal + 1)..].TrimStart('=').Trim();
        int open = term.IndexOf('(', StringComparison.Ordinal);
        if (open > 0)
        {
            string[] words = term[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] values = [.. term[(open + 1)..].TrimEnd(')', ' ').Split(',').Select(item => item.Trim())];
            bool within = value(words[0]) is { } has && values.Contains(has);
            return words[1] == "in" ? within : !within;
        }

        return term[0] == '!' ? value(term[1..].Trim()) is null : value(term) is not null;
    }

    /// <summary>At commas that are not in brackets.</summary>
    private static string[] Split(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return [];
        var terms = new List<string>();
        int depth = 0;
        int from = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '(') depth++;
            if (text[i] == ')') depth--;
            if (text[i] != ',' || depth > 0) continue;
            terms.Add(text[from..i].Trim());
            from = i + 1;
        }

        terms.Add(text[from..].Trim());
        return [.. terms];
    }
}
