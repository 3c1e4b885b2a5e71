using System.Collections.Immutable;

namespace Scout.Machines.Definitions;

/// <summary>
/// What must not be shown of a definition or of what its commands print. A name tells: there is no other sign of a secret. What a short option means (<c>-p</c>) only its
/// program knows, so that is shown; the place for secrets is <c>environment</c>, whose values are never shown, or a file that only the plugin's user can read.
/// </summary>
public static class SecretText
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Hidden = "(hidden)";

    /// <summary>Shorter values are not looked for in outputs: they would be found everywhere.</summary>
    private const int ShortestValue = 6;

    private static readonly string[] Parts =
    [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "api-key", "api_key", "credential", "authorization", "cookie", "private-key", "private_key", "auth-key", "auth_key",
    ];

    private static readonly string[] Whole = ["pass", "pw", "pwd", "auth", "key", "authentication", "community"];

    /// <summary>True for names of variables, options and headers whose value is a secret: <c>DB_PASSWORD</c>, <c>--api-key</c>, <c>Authorization</c>.</summary>
    public static bool IsSecretName(ReadOnlySpan<char> name)
    {
        name = name.TrimStart('-');
        // Where a secret lies is none.
        if (name.EndsWith("file", StringComparison.OrdinalIgnoreCase) || name.EndsWith("path", StringComparison.OrdinalIgnoreCase)) return false;
        foreach (string part in Parts)
        {
            if (name.Contains(part, StringComparison.OrdinalIgnoreCase)) return true;
        }

        foreach (string word in Whole)
        {
            if (name.Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
            if (name.EndsWith("_" + word, StringComparison.OrdinalIgnoreCase) || name.EndsWith("-" + word, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    /// <summary>The words of a command as people may see them: values of options and variables with such a name, headers, and passwords in URLs are hidden.</summary>
    public static ImmutableArray<string> Words(IReadOnlyList<string> words)
    {
        var shown = ImmutableArray.CreateBuilder<string>(words.Count);
        bool next = false;
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            bool value = next && !word.StartsWith("--", StringComparison.Ordinal);
            next = i > 0 && word.StartsWith("--", StringComparison.Ordinal) && !word.Contains('=', StringComparison.Ordinal) && IsSecretName(word);
            shown.Add(value ? Hidden : Word(word));
        }

        return shown.MoveToImmutable();
    }

    /// <summary>A value without the password of a URL in it.</summary>
    public static string Value(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return text;
        int from = scheme + 3;
        int end = text.AsSpan(from).IndexOfAny("/?# ");
        ReadOnlySpan<char> authority = end < 0 ? text.AsSpan(from) : text.AsSpan(from, end);
        int at = authority.LastIndexOf('@');
        int colon = at < 0 ? -1 : authority[..at].IndexOf(':');
        return colon < 0 ? text : string.Concat(text.AsSpan(0, from + colon + 1), Hidden, text.AsSpan(from + at));
    }

    /// <summary>The secrets among the variables of a run.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<KeyValuePair<string, string>> environment)
    {
        List<string>? secrets = null;
        foreach ((string name, string value) in environment)
        {
            if (value.Length >= ShortestValue && IsSecretName(name)) (secrets ??= []).Add(value);
        }

        return secrets ?? (IReadOnlyList<string>)[];
    }

    /// <summary>The text with each secret hidden.</summary>
    public static string Without(string text, IReadOnlyList<string> secrets)
    {
        foreach (string secret in secrets) text = text.Replace(secret, Hidden, StringComparison.Ordinal);
        return text;
    }

    private static string Word(string word)
    {
        int split = word.AsSpan().IndexOfAny('=', ':');
        // An option with its value, a variable, a header.
        if (split > 0 && !word.AsSpan(0, split).ContainsAny("/. ") && IsSecretName(word.AsSpan(0, split)))
            return split + 1 == word.Length ? word : word[..(split + 1)] + (word[split] == ':' ? " " : "") + Hidden;
        return Value(word);
    }
}
