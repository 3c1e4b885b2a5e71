using System.Globalization;
using System.Text;
using Scout.Cli.Meshes;

namespace Scout.Cli.Rendering.Svg;

/// <summary>A <see cref="Heat"/> as an SVG picture that stands alone: no script, no style sheet, no font to fetch. Names are text, never markup.</summary>
internal static class HeatMap
{
    private const int Cell = 44, SmallCell = 22, Margin = 16, Letter = 7, Head = 56;
    private const string Text = "fill=\"#222\" font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\"";

    public static string Draw(Heat heat, DateTimeOffset at)
    {
        bool small = heat.Columns.Count > 20 || heat.Rows.Count > 20;
        int size = small ? SmallCell : Cell;
        int left = Margin + (heat.Rows.Max(name => Math.Min(name.Length, 24)) * Letter) + 12;
        // Names of columns stand on end where they would not fit side by side.
        bool upright = heat.Columns.Any(name => name.Length * Letter > size - 4);
        int top = Head + (upright ? (heat.Columns.Max(name => Math.Min(name.Length, 24)) * Letter) + 12 : 24);
        int width = Math.Max(left + (heat.Columns.Count * size) + Margin, 460);
        int height = top + (heat.Rows.Count * size) + 60;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Xml(heat.Title)}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin}\" y=\"24\" {Text.Replace("\"12\"", "\"15\"", StringComparison.Ordinal)} font-weight=\"bold\">{Xml(heat.Title)}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin}\" y=\"42\" {Text.Replace("#222", "#666", StringComparison.Ordinal)}>rows probe columns, whole echo; {Ages.Rfc3339(at)}</text>\n");
        for (int column = 0; column < heat.Columns.Count; column++)
        {
            int x = left + (column * size) + (size / 2);
            string turn = upright ? string.Create(null, $" transform=\"rotate(-90 {x + 4} {top - 8})\" text-anchor=\"start\"") : " text-anchor=\"middle\"";
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + (upright ? 4 : 0)}\" y=\"{top - 8}\" {Text}{turn}>{Xml(Short(heat.Columns[column]))}</text>\n");
        }

        for (int row = 0; row < heat.Rows.Count; row++)
        {
            int y = top + (row * size);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left - 8}\" y=\"{y + (size / 2) + 4}\" {Text} text-anchor=\"end\">{Xml(Short(heat.Rows[row]))}</text>\n");
            for (int column = 0; column < heat.Columns.Count; column++) One(svg, heat, row, column, left + (column * size), y, size, small);
        }

        Legend(svg, heat, left, top + (heat.Rows.Count * size) + 18);
        return svg.Append("</svg>\n").ToString();
    }

    private static void One(StringBuilder svg, Heat heat, int row, int column, int x, int y, int size, bool small)
    {
        double? value = heat.Values[row, column];
        string shown = value is { } number ? $"{number.ToString(number < 0.01 ? "0.####" : "0.##", CultureInfo.InvariantCulture)} {heat.Unit}" : "no data";
        string fill = value is null ? "#e4e4e4" : Colour(heat.Glow(value.Value));
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{size - 2}\" height=\"{size - 2}\" rx=\"3\" fill=\"{fill}\">");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Xml(heat.Rows[row])} to {Xml(heat.Columns[column])}: {shown}</title></rect>\n");
        if (small) return;
        string ink = value is { } known && heat.Glow(known) > 0.7 ? "#fff" : "#222";
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + (size / 2) - 1}\" y=\"{y + (size / 2) + 3}\" {Text.Replace("#222", ink, StringComparison.Ordinal).Replace("\"12\"", "\"11\"", StringComparison.Ordinal)} text-anchor=\"middle\" pointer-events=\"none\">{Heat.Cell(value)}</text>\n");
    }

    private static void Legend(StringBuilder svg, Heat heat, int left, int y)
    {
        for (int i = 0; i < 40; i++) svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{left + (i * 4)}\" y=\"{y}\" width=\"4\" height=\"12\" fill=\"{Colour(i / 39.0)}\"/>\n");
        string high = heat.Unit == "%" ? "100 %" : $"{heat.Largest.ToString("0.##", CultureInfo.InvariantCulture)} ms";
        string low = heat.Unit == "%" ? "under 0.01 %" : "least";
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left}\" y=\"{y + 27}\" {Text}>{low}</text>\n<text x=\"{left + 160}\" y=\"{y + 27}\" {Text} text-anchor=\"end\">{high}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{left + 190}\" y=\"{y}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"#e4e4e4\"/>\n<text x=\"{left + 208}\" y=\"{y + 11}\" {Text}>no data</text>\n");
    }

    // From a pale green over yellow and orange to dark red; brightness falls all the way, so that it reads without colours too.
    private static string Colour(double glow)
    {
        (double At, int R, int G, int B)[] stops = [(0, 0xd9, 0xf0, 0xd3), (0.35, 0xfe, 0xe0, 0x8b), (0.65, 0xf4, 0x8d, 0x4b), (1, 0x99, 0x10, 0x2e)];
        int next = Array.FindIndex(stops, 1, stop => glow <= stop.At);
        if (next < 0) next = stops.Length - 1;
        (double at, int r, int g, int b) = stops[next - 1];
        double part = Math.Clamp((glow - at) / (stops[next].At - at), 0, 1);
        int Mix(int from, int to) => (int)Math.Round(from + ((to - from) * part));
        return string.Create(null, $"#{Mix(r, stops[next].R):x2}{Mix(g, stops[next].G):x2}{Mix(b, stops[next].B):x2}");
    }

    private static string Short(string name) => name.Length > 24 ? name[..23] + "…" : name;

    private static string Xml(string text) => Escape.Line(text).Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
}
