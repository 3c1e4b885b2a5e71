using System.Text;

namespace Scout.Cli.Rendering;

/// <summary>Columns that text takes on a terminal: wide characters take two, combining ones none.</summary>
internal static class CellWidth
{
    public static int Of(string text)
    {
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes()) width += Of(rune);
        return width;
    }

    public static int Of(Rune rune)
    {
        int code = rune.Value;
        if (code < 0x300) return 1;
        return Rune.GetUnicodeCategory(rune) switch
        {
            System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.EnclosingMark => 0,
            _ => IsWide(code) ? 2 : 1,
        };
    }

    /// <summary>As much of the text as fits, with an ellipsis where something was left out.</summary>
    public static string Cut(string text, int width)
    {
        if (width <= 0 || Of(text) <= width) return width <= 0 ? "" : text;
        var cut = new StringBuilder(width);
        int used = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int cells = Of(rune);
            if (used + cells > width - 1) break;
            used += cells;
            cut.Append(rune.ToString());
        }

        return cut.Append('…').ToString();
    }

    // East Asian wide and full-width blocks and the emoji planes; narrow enough that tables stay straight with real names and outputs.
    private static bool IsWide(int code) => code is
        (>= 0x1100 and <= 0x115f) or (>= 0x2e80 and <= 0x303e) or (>= 0x3041 and <= 0xa4cf) or (>= 0xac00 and <= 0xd7a3) or (>= 0xf900 and <= 0xfaff)
        or (>= 0xfe30 and <= 0xfe6f) or (>= 0xff00 and <= 0xff60) or (>= 0xffe0 and <= 0xffe6) or (>= 0x1f300 and <= 0x1f64f) or (>= 0x1f680 and <= 0x1f6ff)
        or (>= 0x1f900 and <= 0x1f9ff) or (>= 0x20000 and <= 0x3fffd);
}
