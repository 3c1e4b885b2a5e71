namespace Scout.Checks.Probes.Options;

/// <summary>The known word that somebody probably meant.</summary>
internal static class NearestWord
{
    private const int Farthest = 2;
    private const int Longest = 40;

    /// <summary><c>did you mean 'x'?</c>, or the fallback when nothing is near.</summary>
    public static string Hint(string word, IEnumerable<string> known, string fallback)
    {
        string? best = null;
        int least = Farthest + 1;
        foreach (string candidate in known)
        {
            int distance = Distance(word, candidate);
            if (distance >= least || distance >= Math.Max(word.Length, candidate.Length)) continue;
            (least, best) = (distance, candidate);
        }

        return best is null ? fallback : $"did you mean '{best}'?";
    }

    // Edit distance with swaps of neighbours (optimal string alignment), case ignored.
    private static int Distance(string left, string right)
    {
        if (Math.Abs(left.Length - right.Length) > Farthest || left.Length > Longest || right.Length > Longest) return int.MaxValue;
        int width = right.Length + 1;
        Span<int> cells = stackalloc int[(Longest + 1) * (Longest + 1)];
        for (int j = 0; j < width; j++) cells[j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            cells[i * width] = i;
            for (int j = 1; j < width; j++)
            {
                int cost = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                int least = Math.Min(Math.Min(cells[((i - 1) * width) + j], cells[(i * width) + j - 1]) + 1, cells[((i - 1) * width) + j - 1] + cost);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1])) least = Math.Min(least, cells[((i - 2) * width) + j - 2] + 1);
                cells[(i * width) + j] = least;
            }
        }

        return cells[(left.Length * width) + right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
