using Scout.Cli.Fleets;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Cli.Views;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Scout.Cli.Live;

/// <summary>Draws the live view with Spectre.Console; everything from outside is escaped, and is never read as markup.</summary>
internal static class LiveTable
{
    private const int Gap = 2;

    /// <summary>Columns that the output gets before long names are cut.</summary>
    private const int OutputRoom = 32;

    /// <summary>Columns that a name keeps.</summary>
    private const int NameRoom = 12;

    private static readonly string[] Headers = ["NODE", "MACHINE", "STATE", "SINCE", "SOFT", "FLAGS", "OUTPUT"];

    public static IAnsiConsole Console(IConsoleIo io)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = Rendering.Style.ColourOnOut(io) ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new TerminalOutput(io),
        });
        Fit(console, io);
        return console;
    }

    public static IRenderable Draw(IConsoleIo io, FleetView fleet, LiveState state)
    {
        DateTimeOffset now = io.Time.GetUtcNow();
        int width = Math.Max(io.Width ?? 80, 20);
        int room = Math.Max((io.Height ?? 24) - 4, 3);
        var cells = state.Rows.Take(room).Select(row => Cells(row, now)).ToList();
        int[] widths = Widths(cells, width);
        var lines = new List<IRenderable>
        {
            Line(width, ($"{fleet.Asker.Where}  {Summary(state)}  {Ages.Local(now, io.Time.LocalTimeZone)}", Tone.Quiet)),
            Row(widths, [.. Headers.Select(header => (header, Tone.Plain))], Decoration.Bold),
        };
        lines.AddRange(cells.Select(row => Row(widths, row)));
        int hidden = state.Rows.Count - cells.Count;
        string last = state.Last is { } happened ? $"last: {Ages.Local(happened.Event.Time, io.Time.LocalTimeZone)} {happened.Node}/{happened.Machine} {happened.What}" : "nothing has happened yet";
        lines.Add(Line(width, (hidden > 0 ? $"{hidden} more rows; {last}" : last, Tone.Quiet)));
        return new Rows(lines);
    }

    /// <summary>The window may have another size than a moment ago.</summary>
    public static void Fit(IAnsiConsole console, IConsoleIo io)
    {
        if (io.Width is { } width) console.Profile.Width = width;
        if (io.Height is { } height) console.Profile.Height = height;
    }

    private static (string Text, Tone Tone)[] Cells(StatusRow row, DateTimeOffset now) =>
    [
        (row.Node, Tone.Plain), (row.Machine, Tone.Plain), (row.Record.State, Tones.OfState(row.Record.State)), (Ages.Since(row.Record.Since, now), Tone.Plain),
        (row.Record.Soft ?? "", Tone.Warn), (row.Flags, Tone.Calm), (row.Record.Output ?? "", Tone.Plain),
    ];

    // State and age are never cut; columns that are empty everywhere are left out; long names give way before the output is squeezed to nothing.
    private static int[] Widths(List<(string Text, Tone Tone)[]> cells, int width)
    {
        int[] widths = [.. Headers.Select((header, i) => cells.Exists(row => row[i].Text.Length > 0) ? Math.Max(header.Length, cells.Max(row => CellWidth.Of(Escape.Line(row[i].Text)))) : i < 4 ? header.Length : 0)];
        int Used() => widths[..^1].Sum(one => one == 0 ? 0 : one + Gap);
        foreach (int name in (ReadOnlySpan<int>)[1, 0])
        {
            int over = Used() + OutputRoom - width;
            if (over > 0) widths[name] = Math.Max(Math.Min(widths[name], NameRoom), widths[name] - over);
        }

        widths[^1] = Math.Max(0, width - Used());
        return widths;
    }

    private static Paragraph Row(int[] widths, (string Text, Tone Tone)[] cells, Decoration decoration = Decoration.None)
    {
        var line = new Paragraph { Overflow = Overflow.Crop };
        for (int i = 0; i < cells.Length; i++)
        {
            if (widths[i] == 0) continue;
            string text = CellWidth.Cut(cells[i].Text.Length == 0 ? "-" : Escape.Line(cells[i].Text), widths[i]);
            line.Append(text, Look(cells[i].Tone, decoration));
            if (i < cells.Length - 1) line.Append(new string(' ', widths[i] - CellWidth.Of(text) + Gap));
        }

        return line;
    }

    private static Paragraph Line(int width, (string Text, Tone Tone) cell) =>
        new Paragraph { Overflow = Overflow.Crop }.Append(CellWidth.Cut(Escape.Line(cell.Text), width), Look(cell.Tone));

    private static string Summary(LiveState state) =>
        string.Join("  ", state.Rows.GroupBy(row => row.Record.State).OrderBy(group => StatusRow.Rank(group.First())).Select(group => $"{group.Count()} {group.Key}"));

    private static Spectre.Console.Style Look(Tone tone, Decoration more) => more == Decoration.None ? Look(tone) : new Spectre.Console.Style(decoration: more);

    private static Spectre.Console.Style Look(Tone tone) => tone switch
    {
        Tone.Good => new Spectre.Console.Style(Color.Green),
        Tone.Warn => new Spectre.Console.Style(Color.Olive),
        Tone.Bad => new Spectre.Console.Style(Color.Maroon, decoration: Decoration.Bold),
        Tone.Odd => new Spectre.Console.Style(Color.Purple),
        Tone.Calm => new Spectre.Console.Style(Color.Teal),
        Tone.Quiet => new Spectre.Console.Style(decoration: Decoration.Dim),
        _ => Spectre.Console.Style.Plain,
    };
}
