namespace Scout.Checks.Probes.Running;

/// <summary>What a peer said, for one line.</summary>
internal static class ProbeText
{
    private const int Longest = 80;

    /// <summary>The first line in quotes, cut to 80 characters, control characters as U+FFFD.</summary>
    public static string Shown(string text)
    {
        string line = text.Trim('\r', '\n', ' ');
        int end = line.AsSpan().IndexOfAny('\r', '\n');
        bool cut = end >= 0;
        if (cut) line = line[..end];
        if (line.Length > Longest) (line, cut) = (line[..Longest], true);
        return $"'{string.Concat(line.Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '\uFFFD' : letter))}{(cut ? "..." : "")}'";
    }
}
