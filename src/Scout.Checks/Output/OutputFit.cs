namespace Scout.Checks.Output;

/// <summary>
/// Cuts an output so that the event which carries it stays below 64 KiB after JSON encoding (plugins.md section 4): long text first, then stderr, then the
/// last items, and what is shown only when it alone is too long.
/// </summary>
public static class OutputFit
{
    /// <summary>Bytes of JSON an output may take in an event of 64 KiB; the rest is for names, labels and the envelope.</summary>
    public const int EventBudget = 56 * 1024;

    // Names of the fields, numbers and punctuation of one item.
    private const int ItemOverhead = 96;

    /// <summary>The output itself if it fits, else a shorter one.</summary>
    /// <param name="output">Any.</param>
    /// <param name="budget">Bytes of JSON.</param>
    /// <param name="cut">True if something was cut.</param>
    public static PluginOutput Within(PluginOutput output, int budget, out bool cut)
    {
        long text = JsonBytes(output.Text);
        long longText = JsonBytes(output.LongText);
        long stderr = JsonBytes(output.Stderr);
        long items = 0;
        foreach (PerfDataItem item in output.PerfData) items += JsonBytes(item);
        long over = text + longText + stderr + items - budget;
        cut = over > 0;
        if (!cut) return output;

        string keptLong = Shorten(output.LongText, longText, ref over);
        string keptStderr = Shorten(output.Stderr, stderr, ref over);
        IReadOnlyList<PerfDataItem> keptItems = output.PerfData;
        if (over > 0)
        {
            int count = keptItems.Count;
            while (over > 0 && count > 0) over -= JsonBytes(keptItems[--count]);
            keptItems = [.. keptItems.Take(count)];
        }

        return output with { Text = Shorten(output.Text, text, ref over), LongText = keptLong, Stderr = keptStderr, PerfData = keptItems };
    }

    /// <summary>What a text takes in JSON, without its quotes, when everything but plain ASCII is escaped.</summary>
    internal static long JsonBytes(ReadOnlySpan<char> text)
    {
        long bytes = 0;
        foreach (char c in text) bytes += Bytes(c);
        return bytes;
    }

    private static long JsonBytes(PerfDataItem item) => ItemOverhead + JsonBytes(item.Label) + JsonBytes(item.Raw) + JsonBytes(item.Unit);

    private static int Bytes(char c) => c is >= ' ' and <= '~' and not ('"' or '\\' or '<' or '>' or '&' or '\'' or '+' or '`') ? 1 : 6;

    private static string Shorten(string text, long bytes, ref long over)
    {
        if (over <= 0) return text;
        long room = Math.Max(0, bytes - over);
        int length = 0;
        long used = 0;
        while (length < text.Length && used + Bytes(text[length]) <= room) used += Bytes(text[length++]);
        if (length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1])) used -= Bytes(text[--length]);
        over -= bytes - used;
        return text[..length];
    }
}
