using Scout.Ground;

namespace Scout.Machines.Definitions;

/// <summary>The known word that somebody probably meant, by edit distance up to 2.</summary>
public static class Nearest
{
    /// <summary><c>did you mean 'x'?</c>, or the fallback when nothing is near.</summary>
    public static string Hint(string word, IEnumerable<string> known, string fallback) => NearestWord.Hint(word, known, fallback);

    /// <summary>The nearest, the first of equals; null when none is near.</summary>
    public static string? Find(string word, IEnumerable<string> known) => NearestWord.Find(word, known);
}
