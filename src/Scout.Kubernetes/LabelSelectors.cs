namespace Scout.Kubernetes;

/// <summary>Label selectors as text: what somebody wrote is looked at before the API server refuses it.</summary>
public static class LabelSelectors
{
    private const int Longest = 1024;

    /// <summary>Null for terms <c>key=value</c>, <c>key==value</c>, <c>key!=value</c>, <c>key</c> and <c>!key</c>, separated by commas; else what is wrong. Terms with <c>in</c> are not taken.</summary>
    public static string? WhyBad(string selector)
    {
        if (selector.Length == 0) return "is empty: it would fit every pod";
        if (selector.Length > Longest) return $"is over {Longest} characters";
        foreach (string term in selector.Split(','))
        {
            string text = term.Trim();
            int sign = text.IndexOf('=', StringComparison.Ordinal);
            string key = sign < 0 ? text.TrimStart('!') : text[..sign].TrimEnd('!');
            string value = sign < 0 ? "" : text[(sign + 1)..].TrimStart('=');
            if (!IsKey(key.Trim())) return $"has the term '{text}', whose key is none";
            if (!IsValue(value.Trim())) return $"has the term '{text}', whose value is none";
        }

        return null;
    }

    private static bool IsKey(string key)
    {
        string name = key[(key.LastIndexOf('/') + 1)..];
        string prefix = key.Length == name.Length ? "" : key[..^(name.Length + 1)];
        return name.Length is > 0 and <= 63 && IsName(name) && prefix.Length <= 253 && prefix.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-');
    }

    private static bool IsValue(string value) => value.Length <= 63 && (value.Length == 0 || IsName(value));

    private static bool IsName(string text) =>
        char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
