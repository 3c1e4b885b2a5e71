using System.Text;

namespace Scout.Nats.Protocol;

/// <summary>
/// The rules for subjects. We check them because the server swallows <c>PUB a..b</c> and <c>PUB a.*</c> without an error.
/// </summary>
internal static class Subjects
{
    public const int MaxBytes = 255;
    public const int MaxTokens = 16;

    /// <summary>Throws unless one can publish to <paramref name="subject"/>: no wildcards.</summary>
    public static void ThrowUnlessPublishable(string subject)
    {
        if (Check(subject, wildcards: false) is { } fault) throw new ArgumentException($"Subject '{Shown(subject)}' {fault}.", nameof(subject));
    }

    /// <summary>Throws unless one can subscribe to <paramref name="subject"/>: <c>*</c> as a whole token, <c>&gt;</c> as the last one.</summary>
    public static void ThrowUnlessSubscribable(string subject)
    {
        if (Check(subject, wildcards: true) is { } fault) throw new ArgumentException($"Subject '{Shown(subject)}' {fault}.", nameof(subject));
    }

    /// <summary>Throws unless <paramref name="name"/> can be a single token of a subject, such as the name of a stream, consumer or queue group.</summary>
    public static void ThrowUnlessToken(string name, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, what);
        if (name.Contains('.') || Check(name, wildcards: false) is not null)
            throw new ArgumentException($"'{Shown(name)}' cannot be the name of a {what}: no dots, wildcards, spaces or control characters.", what);
    }

    /// <summary>What is wrong with a subject, or null.</summary>
    public static string? Check(string subject, bool wildcards)
    {
        if (string.IsNullOrEmpty(subject)) return "is empty";
        if (subject.Length > MaxBytes || (subject.Length * 3 > MaxBytes && Encoding.UTF8.GetByteCount(subject) > MaxBytes))
            return $"is longer than {MaxBytes} bytes";
        int tokens = 1;
        int start = 0;
        for (int i = 0; i <= subject.Length; i++)
        {
            char c = i == subject.Length ? '.' : subject[i];
            if (c == '.')
            {
                if (i == start) return "has an empty token";
                if (i == start + 1 && CheckWildcard(subject, start, i, wildcards) is { } fault) return fault;
                if (i < subject.Length && ++tokens > MaxTokens) return $"has more than {MaxTokens} tokens";
                start = i + 1;
            }
            else if (c is <= ' ' or '\x7f')
            {
                return "has a space or control character";
            }
            else if (c is '*' or '>' && (i != start || (i + 1 < subject.Length && subject[i + 1] != '.')))
            {
                return "has a wildcard inside a token";
            }
        }

        return null;
    }

    private static string? CheckWildcard(string subject, int start, int end, bool wildcards) => subject[start] switch
    {
        '*' or '>' when !wildcards => "has a wildcard, which cannot be published to",
        '>' when end != subject.Length => "has '>' before its end",
        _ => null,
    };

    private static string Shown(string? subject) =>
        subject is null ? "" : string.Concat(subject.Take(80).Select(c => char.IsControl(c) ? '?' : c));
}
