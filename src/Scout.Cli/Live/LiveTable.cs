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
    public static IAnsiConsole Console(IConsoleIo io)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = Rendering.Style.ColourOnOut(io) ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(io.Out),
        });
        if (io.Width is { } width) console.Profile.Width = width;
        if (io.Height is { } height) console.Profile.Height = height;
        return console;
    }

    public static IRenderable Draw(IConsoleIo io, FleetView fleet, LiveState state)
    {
        DateTimeOffset now = io.Time.GetUtcNow();
        var table = new Table().Border(TableBorder.None).Expand();
        foreach (string header in (string[])["NODE", "MACHINE", "STATE", "SINCE", "SOFT", "FLAGS", "OUTPUT"]) table.AddColumn(new TableColumn(new Text(header, new Spectre.Console.Style(decoration: Decoration.Bold))).NoWrap());
        int room = Math.Max((io.Height ?? 24) - 5, 3);
        foreach (StatusRow row in state.Rows.Take(room))
        {
            table.AddRow(
                Cell(row.Node), Cell(row.Machine), Cell(row.Record.State, Tones.OfState(row.Record.State)), Cell(Ages.Since(row.Record.Since, now)), Cell(row.Record.Soft ?? "-", Tone.Warn),
                Cell(row.Flags.Length == 0 ? "-" : row.Flags, Tone.Calm), Cell(row.Record.Output ?? "-"));
        }

        int hidden = state.Rows.Count - Math.Min(room, state.Rows.Count);
        string last = state.Last is { } happened ? $"last: {Ages.Local(happened.Event.Time, io.Time.LocalTimeZone)} {happened.Node}/{happened.Machine} {happened.What}" : "nothing has happened yet";
        return new Rows(
            Cell($"{fleet.Asker.Where}  {Summary(state)}  {Ages.Local(now, io.Time.LocalTimeZone)}", Tone.Quiet),
            table,
            Cell(hidden > 0 ? $"{hidden} more rows; {last}" : last, Tone.Quiet));
    }

    private static string Summary(LiveState state) =>
        string.Join("  ", state.Rows.GroupBy(row => row.Record.State).OrderBy(group => StatusRow.Rank(group.First())).Select(group => $"{group.Count()} {group.Key}"));

    private static Text Cell(string text, Tone tone = Tone.Plain) => new(Escape.Line(text), Look(tone)) { Overflow = Overflow.Ellipsis };

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
