using System.Text;

namespace Scout.Checks.Output;

/// <summary>Text, long text and performance data from what a plugin printed (plugins.md section 4). Total and linear.</summary>
public static class PluginOutputReader
{
    /// <summary>What is shown when a plugin printed nothing.</summary>
    public const string NoOutput = "(no output)";

    /// <summary>Reads an output that was not cut and has nothing on stderr, such as the answer in a scenario.</summary>
    public static PluginOutput Read(string stdout) => Read(stdout, truncated: false, "");

    /// <summary>Reads an output.</summary>
    /// <param name="stdout">Decoded by <see cref="PluginText.Decode"/>.</param>
    /// <param name="truncated">stdout was cut.</param>
    /// <param name="stderr">Decoded; never mixed in and never read for performance data.</param>
    public static PluginOutput Read(string stdout, bool truncated, string stderr)
    {
        ReadOnlySpan<char> rest = WithoutBlankEnd(stdout);
        string text = "";
        string longText = "";
        string perf = "";
        // Only an item at the very end of what was kept can be cut.
        bool cut = truncated && stdout.Length > 0 && !PerfDataParser.IsBlank(stdout[^1]);
        bool open = false;

        if (!rest.IsEmpty)
        {
            ReadOnlySpan<char> line = NextLine(ref rest, out bool more);
            int bar = Bar(line);
            text = (bar < 0 ? line : line[..bar]).Trim().ToString();
            if (bar >= 0)
            {
                perf = line[(bar + 1)..].ToString();
                open = !more;
            }

            if (more) ReadFurther(rest, ref longText, ref perf, ref open);
        }

        PerfDataErrors errors = PerfDataErrors.None;
        IReadOnlyList<PerfDataItem> items = perf.Length == 0 ? [] : PerfDataParser.Parse(perf, cut && open, out errors);
        return new PluginOutput
        {
            Text = Shown(text, longText, stderr),
            LongText = longText,
            Stderr = stderr,
            PerfData = items,
            PerfDataErrors = errors,
        };
    }

    private static void ReadFurther(ReadOnlySpan<char> rest, ref string longText, ref string perf, ref bool open)
    {
        var lines = new StringBuilder(rest.Length);
        var data = new StringBuilder(perf);
        bool inData = false;
        bool more = true;
        bool first = true;
        while (more)
        {
            ReadOnlySpan<char> line = NextLine(ref rest, out more);
            if (inData)
            {
                data.Append(' ').Append(line);
                continue;
            }

            int bar = Bar(line);
            ReadOnlySpan<char> words = bar < 0 ? line : line[..bar].TrimEnd();
            if (bar < 0 || !words.IsEmpty)
            {
                if (!first) lines.Append('\n');
                lines.Append(words);
                first = false;
            }

            if (bar < 0) continue;
            inData = true;
            if (data.Length > 0) data.Append(' ');
            data.Append(line[(bar + 1)..]);
        }

        longText = lines.ToString();
        open = inData;
        if (inData) perf = data.ToString();
    }

    private static string Shown(string text, string longText, string stderr)
    {
        if (text.Length > 0) return text;
        int end = longText.IndexOf('\n');
        string line = (end < 0 ? longText : longText[..end]).Trim();
        if (line.Length > 0) return line;
        foreach (ReadOnlySpan<char> candidate in stderr.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> trimmed = candidate.Trim();
            if (!trimmed.IsEmpty) return trimmed.ToString();
        }

        return NoOutput;
    }

    /// <summary>Where performance data opens on a line, or -1. Only the first bar is asked, so prose may contain one.</summary>
    private static int Bar(ReadOnlySpan<char> line)
    {
        int bar = line.IndexOf('|');
        if (bar < 0) return -1;
        ReadOnlySpan<char> behind = line[(bar + 1)..];
        return behind.Contains('=') || behind.IsWhiteSpace() ? bar : -1;
    }

    private static ReadOnlySpan<char> NextLine(ref ReadOnlySpan<char> rest, out bool more)
    {
        int end = rest.IndexOf('\n');
        more = end >= 0;
        ReadOnlySpan<char> line = more ? rest[..end] : rest;
        rest = more ? rest[(end + 1)..] : default;
        return more && line.EndsWith('\r') ? line[..^1] : line;
    }

    private static ReadOnlySpan<char> WithoutBlankEnd(ReadOnlySpan<char> text)
    {
        // Lines made of blanks only are dropped from the end; blanks inside the last line that says something stay.
        int end = text.Length;
        while (end > 0)
        {
            int lineStart = text[..end].LastIndexOf('\n') + 1;
            if (!text[lineStart..end].IsWhiteSpace()) return text[..end].TrimEnd("\r\n");
            end = Math.Max(0, lineStart - 1);
        }

        return default;
    }
}
