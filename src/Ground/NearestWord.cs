namespace Scout.Ground;

/// <summary>The known word that somebody probably meant.</summary>
internal static class NearestWord
{
    /// <summary>The farthest a word may be from what was meant.</summary>
    public const int Farthest = 2;

    private const int Longest = 128;

    /// <summary><c>did you mean 'x'?</c>, or the fallback when nothing is near.</summary>
    public static string Hint(string word, IEnumerable<string> known, string fallback) =>
        Find(word, known) is { } near ? $"did you mean '{near}'?" : fallback;

    /// <summary>The nearest by edit distance up to 2, the first of equals; null when none is near.</summary>
    public static string? Find(string word, IEnumerable<string> known)
    {
        string? best = null;
        int least = Farthest + 1;
        foreach (string candidate in known)
        {
            // Two edits of a word of two letters leave nothing of it.
            int distance = Distance(word, candidate);
            if (distance >= least || distance >= Math.Max(word.Length, candidate.Length)) continue;
            least = distance;
            best = candidate;
        }

        return best;
    }

    /// <summary>
    /// Edits that turn one word into the other: insert, delete, replace, swap of neighbours (optimal string alignment); case costs nothing. Where it must be more than
    /// <see cref="Farthest"/>, or a word is longer than names are, any larger number.
    /// </summary>
    public static int Distance(string left, string right)
    {
        if (Math.Abs(left.Length - right.Length) > Farthest || left.Length > Longest) return int.MaxValue;
        Span<int> before = stackalloc int[Longest + Farthest + 2];
        Span<int> last = stackalloc int[Longest + Farthest + 2];
        Span<int> now = stackalloc int[Longest + Farthest + 2];
        for (int j = 0; j <= right.Length; j++) last[j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            now[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int cost = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                now[j] = Math.Min(Math.Min(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1])) now[j] = Math.Min(now[j], before[j - 2] + 1);
            }

            Span<int> spare = before;
            before = last;
            last = now;
            now = spare;
        }

        return last[right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
