using System.Text.RegularExpressions;

namespace Scout.Checks.Probes;

/// <summary>
/// A regular expression that runs in linear time whatever the peer sends: .NET's <c>NonBacktracking</c> engine, which knows no look-around and no back-references.
/// Equal when the text is.
/// </summary>
public sealed class ProbePattern : IEquatable<ProbePattern>
{
    /// <summary>Characters of a pattern (machines.md section 12).</summary>
    public const int Longest = 4096;

    private readonly Regex regex;

    private ProbePattern(string source, Regex regex)
    {
        Source = source;
        this.regex = regex;
    }

    public string Source { get; }

    /// <summary>Compiles; the error says what is wrong.</summary>
    public static bool TryParse(string source, out ProbePattern? pattern, out string error, out string hint)
    {
        pattern = null;
        (error, hint) = ("", "");
        try
        {
            pattern = new ProbePattern(source, new Regex(source, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
            return true;
        }
        catch (NotSupportedException)
        {
            (error, hint) = ("look-around, back-references and atomic groups are not supported", "patterns run in linear time; use 'match' and 'not_match' together instead");
        }
        catch (ArgumentException problem)
        {
            string text = problem.Message;
            int quoted = text.IndexOf("' at offset", StringComparison.Ordinal);
            error = quoted > 0 ? text[(quoted + 2)..] : text;
            hint = "put a backslash before a character that is meant as it is";
        }

        return false;
    }

    public bool IsMatch(string text) => regex.IsMatch(text);

    public bool Equals(ProbePattern? other) => other is not null && other.Source == Source;

    public override bool Equals(object? obj) => Equals(obj as ProbePattern);

    public override int GetHashCode() => Source.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Source;
}
