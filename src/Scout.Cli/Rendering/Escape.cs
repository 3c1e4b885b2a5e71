using System.Buffers;
using System.Globalization;
using System.Text;

namespace Scout.Cli.Rendering;

/// <summary>
/// Makes text from outside (plugins, peers, files) harmless on a terminal: one line, no control sequences, nothing that reorders what is read.
/// Control characters C0, DEL and C1, line and paragraph separators, bidirectional controls, zero-width characters and lone surrogates become visible escapes.
/// </summary>
internal static class Escape
{
    private static readonly SearchValues<char> Suspicious = SearchValues.Create(All());

    /// <summary>The text on one line; the same instance when there is nothing to escape.</summary>
    public static string Line(string text)
    {
        if (text.AsSpan().IndexOfAny(Suspicious) < 0) return text;
        var escaped = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                escaped.Append(c).Append(text[++i]);
            }
            else if (Suspicious.Contains(c))
            {
                Append(escaped, c);
            }
            else
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }

    /// <summary>The text on as many lines as it has; each of them escaped.</summary>
    public static IEnumerable<string> Lines(string text) =>
        text.Split('\n').Select(line => Line(line.EndsWith('\r') ? line[..^1] : line));

    /// <summary>For JSON: controls that reorder text are valid inside JSON strings, but not on a terminal; there they are written as \uXXXX.</summary>
    public static string Json(string json)
    {
        if (json.AsSpan().IndexOfAny(Suspicious) < 0) return json;
        var escaped = new StringBuilder(json.Length + 16);
        for (int i = 0; i < json.Length; i++)
        {
            char c = json[i];
            // The writer has escaped what is below a blank; its own line ends and well-formed pairs stay.
            if (c == '\n' || char.IsSurrogate(c) || !Suspicious.Contains(c)) escaped.Append(c);
            else escaped.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
        }

        return escaped.ToString();
    }

    private static void Append(StringBuilder escaped, char c)
    {
        switch (c)
        {
            case '\n': escaped.Append("\\n"); break;
            case '\r': escaped.Append("\\r"); break;
            case '\t': escaped.Append("\\t"); break;
            case '\x1b': escaped.Append("\\e"); break;
            case < '\x100': escaped.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)); break;
            default: escaped.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)); break;
        }
    }

    private static char[] All() =>
    [
        .. Range(0x00, 0x1f), .. Range(0x7f, 0x9f), '\u00ad', '\u061c', .. Range(0x200b, 0x200f), .. Range(0x2028, 0x202e), .. Range(0x2060, 0x206f),
        '\ufeff', .. Range(0xd800, 0xdfff), .. Range(0xfff9, 0xfffb),
    ];

    private static IEnumerable<char> Range(int from, int to) => Enumerable.Range(from, to - from + 1).Select(code => (char)code);
}
