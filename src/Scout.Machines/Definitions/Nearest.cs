namespace Scout.Machines.Definitions;

/// <summary>The known word that somebody probably meant.</summary>
public static class Nearest
{
    /// <summary>The farthest a word may be from what was meant.</summary>
    private const int Farthest = 2;

    /// <summary><c>did you mean 'x'?</c>, or the fallback when nothing is near.</summary>
    public static string Hint(string word, IEnumerable<string> known, string fallback) =>
        Find(word, known) is { } near ? $"did you mean '{near}'?" : fallback;

    /// <summary>The nearest by edit distance (a swap of neighbours is one edit) up to 2, the first of equals; null when none is near.</summary>
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

    /// <summary>Optimal string alignment, case ignored at no cost; beyond <see cref="Farthest"/> any larger number.</summary>
    public static int Distance(string left, string right)
    {
        if (Math.Abs(left.Length - right.Length) > Farthest || left.Length > 128) return int.MaxValue;
        Span<int> before = stackalloc int[132];
        Span<int> last = stackalloc int[132];
        Span<int> now = stackalloc int[132];
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
