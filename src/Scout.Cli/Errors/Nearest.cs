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
            int distance = Distance(typed.ToLowerInvariant(), word.ToLowerInvariant());
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

    /// <summary>Edits that turn one word into the other: insert, delete, replace, swap of neighbours.</summary>
    public static int Distance(string a, string b)
    {
        int[] beforeLast = new int[b.Length + 1];
        int[] last = new int[b.Length + 1];
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) last[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1] + 1, last[j] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, row) = (last, row, beforeLast);
        }

        return last[b.Length];
    }
}
