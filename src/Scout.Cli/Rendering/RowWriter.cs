using System.Text;
using Scout.Cli.Terminal;

namespace Scout.Cli.Rendering;

/// <summary>Shows rows in the chosen mode: tables when all are there, or line by line for streams.</summary>
internal sealed class RowWriter<T>
{
    private readonly IConsoleIo io;
    private readonly View<T> view;
    private readonly OutputFormat format;
    private readonly bool streaming;
    private readonly bool colour;
    private readonly RenderContext context;
    private readonly List<T> rows = [];
    private readonly List<Column<T>> columns;
    private bool began;

    /// <param name="io">Where to.</param>
    /// <param name="view">What a row is.</param>
    /// <param name="format">The mode.</param>
    /// <param name="streaming">Rows are shown as they come, in columns of fixed width.</param>
    public RowWriter(IConsoleIo io, View<T> view, OutputFormat format, bool streaming = false)
    {
        this.io = io;
        this.view = view;
        this.format = format;
        this.streaming = streaming;
        colour = Style.ColourOnOut(io);
        context = new RenderContext(io.Time.GetUtcNow(), io.Time.LocalTimeZone, format == OutputFormat.Wide);
        columns = [.. view.Columns.Where(column => !column.WideOnly || format == OutputFormat.Wide)];
    }

    public int Count { get; private set; }

    public void Add(T row)
    {
        Count++;
        switch (format)
        {
            case OutputFormat.Json:
                io.Out.Write(began ? ",\n" : "[\n");
                io.Out.Write(JsonText.Indent(JsonText.Render(writer => view.Json(writer, row), indented: true), "  "));
                break;
            case OutputFormat.Jsonl:
                io.Out.WriteLine(JsonText.Render(writer => view.Json(writer, row), indented: false));
                break;
            case OutputFormat.Yaml:
                YamlText.WriteItem(io.Out, JsonText.Render(writer => view.Json(writer, row), indented: false));
                break;
            case OutputFormat.Name:
                io.Out.WriteLine(Escape.Line(view.Name(row)));
                break;
            case OutputFormat.Table or OutputFormat.Wide when streaming:
                int[] widths = [.. columns.Select(column => Math.Max(column.StreamWidth, column.Header.Length))];
                if (!began) WriteHeader(widths);
                WriteLine(Cells(row), Sequences(row), widths);
                break;
            default:
                rows.Add(row);
                break;
        }

        began = true;
        if (streaming) io.Out.Flush();
    }

    public void AddRange(IEnumerable<T> more)
    {
        foreach (T row in more) Add(row);
    }

    /// <summary>Ends the output: tables are laid out now, arrays are closed.</summary>
    /// <param name="sayEmpty">False: that there are no rows would mislead, because somebody who was asked did not answer.</param>
    public void End(bool sayEmpty = true)
    {
        switch (format)
        {
            case OutputFormat.Json:
                io.Out.Write(began ? "\n]\n" : "[]\n");
                break;
            case OutputFormat.Yaml when !began:
                io.Out.WriteLine("[]");
                break;
            case OutputFormat.Table or OutputFormat.Wide when !streaming && rows.Count > 0:
                WriteTable();
                break;
            case OutputFormat.Table or OutputFormat.Wide when !began && !streaming && sayEmpty && view.WhenEmpty.Length > 0:
                io.Error.WriteLine(view.WhenEmpty);
                break;
            default:
                break;
        }

        io.Out.Flush();
    }

    private void WriteTable()
    {
        string[][] cells = [.. rows.Select(Cells)];
        int[] widths = [.. columns.Select((column, i) => Math.Max(column.Header.Length, cells.Max(row => CellWidth.Of(row[i]))))];
        WriteHeader(widths);
        for (int i = 0; i < cells.Length; i++) WriteLine(cells[i], Sequences(rows[i]), widths);
    }

    private void WriteHeader(int[] widths) =>
        WriteLine([.. columns.Select(column => column.Header)], [.. columns.Select(_ => colour ? "\x1b[1m" : "")], widths);

    private string[] Cells(T row) =>
        [.. columns.Select(column => column.Cell(row, context) is { Length: > 0 } text ? Escape.Line(text) : "-")];

    private string[] Sequences(T row) =>
        [.. columns.Select(column => colour && column.Tone is { } tone ? Tones.Start(tone(row)) : "")];

    private void WriteLine(string[] cells, string[] sequences, int[] widths)
    {
        var line = new StringBuilder();
        int used = 0;
        for (int i = 0; i < cells.Length; i++)
        {
            bool last = i == cells.Length - 1;
            string cell = cells[i];
            // Only the last column is cut, and only to a terminal: what goes into a pipe or a file is whole.
            if (last && io.Width is { } width) cell = CellWidth.Cut(cell, Math.Max(width - used, 8));
            int cells1 = CellWidth.Of(cell);
            string padding = last && !columns[i].AlignRight ? "" : new string(' ', Math.Max(widths[i] - cells1, 0));
            if (columns[i].AlignRight) line.Append(padding);
            if (sequences[i].Length > 0) line.Append(sequences[i]).Append(cell).Append(Tones.End);
            else line.Append(cell);
            if (!columns[i].AlignRight) line.Append(padding);
            if (!last) line.Append("  ");
            used += Math.Max(widths[i], cells1) + 2;
        }

        io.Out.WriteLine(line.ToString());
    }
}
