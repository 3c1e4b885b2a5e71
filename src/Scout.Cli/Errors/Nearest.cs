using Scout.Ground;

namespace Scout.Cli.Errors;

/// <summary>Finds the word somebody meant.</summary>
internal static class Nearest
{
    /// <summary>The known word closest to what was typed: a prefix of one word only, or an edit distance of at most 2 (1 for words up to 3 characters); else null.</summary>
    public static string? Find(string typed, IEnumerable<string> known)
    {
        string? best = null;
        int bestDistance = int.MaxValue;
        var prefixed = new List<string>();
        foreach (string word in known)
        {
            if (typed.Length >= 2 && word.StartsWith(typed, StringComparison.OrdinalIgnoreCase)) prefixed.Add(word);
            int distance = NearestWord.Distance(typed, word);
            if (distance < bestDistance)
            {
                bestDistance = distance;
                best = word;
            }
        }

        int allowed = typed.Length <= 3 ? 1 : 2;
        if (bestDistance <= allowed) return best;
        return prefixed.Count == 1 ? prefixed[0] : null;
    }
}
