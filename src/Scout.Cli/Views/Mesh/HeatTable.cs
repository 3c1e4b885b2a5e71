using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;

namespace Scout.Cli.Views.Mesh;

/// <summary>A <see cref="Heat"/> on the terminal; columns that do not fit follow below in further blocks.</summary>
internal static class HeatTable
{
    public static void Print(IConsoleIo io, Heat heat)
    {
        bool colour = Style.ColourOnOut(io);
        string[] rows = [.. heat.Rows.Select(Escape.Line)];
        string[] columns = [.. heat.Columns.Select(Escape.Line)];
        string[,] cells = new string[rows.Length, columns.Length];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < columns.Length; column++) cells[row, column] = Heat.Cell(heat.Values[row, column]);
        }

        int first = Math.Max("from ".Length + rows.Max(CellWidth.Of), heat.Title.Length);
        int[] widths = [.. columns.Select((name, column) => Math.Max(CellWidth.Of(name) + (column == 0 ? 3 : 0), Enumerable.Range(0, rows.Length).Max(row => cells[row, column].Length)))];
        int done = 0;
        bool legend = false;
        while (done < columns.Length)
        {
            int count = Fit(widths, done, first, io.Width);
            string head = heat.Title.PadRight(first);
            for (int column = done; column < done + count; column++) head += "  " + Pad((column == done ? "to " : "") + columns[column], Width(widths, column, done));
            bool roomy = io.Width is not { } most || CellWidth.Of(head) + 9 + LegendText.Length <= most;
            io.Out.WriteLine(legend || !roomy ? head : head + "         " + LegendText);
            legend |= roomy;
            for (int row = 0; row < rows.Length; row++)
            {
                io.Out.Write(Pad((row == 0 ? "from " : "") + rows[row], first));
                for (int column = done; column < done + count; column++)
                {
                    string cell = cells[row, column].PadLeft(Width(widths, column, done));
                    Tone tone = heat.Values[row, column] is not { } value ? Tone.Quiet : heat.Glow(value) switch { >= 0.75 => Tone.Bad, >= 0.5 => Tone.Warn, _ => Tone.Plain };
                    io.Out.Write(colour && tone != Tone.Plain ? $"  {Tones.Start(tone)}{cell}{Tones.End}" : "  " + cell);
                }

                io.Out.WriteLine();
            }

            done += count;
            if (done < columns.Length) io.Out.WriteLine();
        }

        if (!legend) io.Out.WriteLine(LegendText);
        io.Out.Flush();
    }

    private const string LegendText = "rows probe columns, whole echo; . = under 0.01, - = no data";

    private static int Width(int[] widths, int column, int begin) => column == begin ? Math.Max(widths[column], 4) : widths[column];

    private static int Fit(int[] widths, int begin, int first, int? width)
    {
        if (width is not { } most) return widths.Length - begin;
        int used = first, count = 0;
        while (begin + count < widths.Length)
        {
            used += 2 + widths[begin + count] + (count == 0 && begin > 0 ? 3 : 0);
            if (used > most && count > 0) break;
            count++;
        }

        return count;
    }

    private static string Pad(string text, int width) => new string(' ', Math.Max(width - CellWidth.Of(text), 0)) + text;
}
