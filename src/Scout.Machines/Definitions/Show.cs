using System.Globalization;
using System.Text;

namespace Scout.Machines.Definitions;

/// <summary>Names are data: what a file holds is cut and escaped before a person sees it.</summary>
public static class Show
{
    private const int Longest = 60;

    /// <summary>In quotes, cut to 60 characters.</summary>
    public static string Quote(string text) => $"'{Short(text)}'";

    /// <summary>Cut to 60 characters, escaped.</summary>
    public static string Short(string text) => text.Length > Longest ? Escape(text[..Longest]) + "..." : Escape(text);

    /// <summary>Control and format characters as <c>\u001b</c>.</summary>
    public static string Escape(string text)
    {
        bool clean = true;
        foreach (char letter in text) clean &= !Harmful(letter);
        if (clean) return text;
        var escaped = new StringBuilder();
        foreach (char letter in text)
        {
            if (letter == '\n') escaped.Append("\\n");
            else if (letter == '\t') escaped.Append("\\t");
            else if (Harmful(letter)) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else escaped.Append(letter);
        }

        return escaped.ToString();
    }

    /// <summary>Names for a hint, at most ten: <c>OK, WARNING and 3 more</c>.</summary>
    public static string List(IEnumerable<string> names)
    {
        var all = names.ToList();
        string shown = string.Join(", ", all.Take(10).Select(Short));
        return all.Count > 10 ? $"{shown} and {all.Count - 10} more" : shown;
    }

    // Format characters can turn the reading direction of a terminal line; lone surrogates cannot be written at all.
    private static bool Harmful(char letter) =>
        letter < ' ' || (letter >= '\u007f' && (char.IsControl(letter) || char.GetUnicodeCategory(letter) is UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
}
