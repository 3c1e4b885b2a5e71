using System.Globalization;
using System.Text;

namespace Scout.Protocol;

/// <summary>Foreign text in messages for people: short, and without characters that a terminal would obey.</summary>
public static class Shown
{
    public static string Clip(string text, int length = 80)
    {
        var shown = new StringBuilder(Math.Min(text.Length, length + 1));
        foreach (char c in text)
        {
            if (shown.Length >= length) return shown.Append('…').ToString();
            if (char.IsControl(c) || char.IsSurrogate(c)) shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else shown.Append(c);
        }

        return shown.ToString();
    }
}
