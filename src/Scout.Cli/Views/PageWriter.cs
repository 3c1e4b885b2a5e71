using Scout.Cli.Rendering;
using Scout.Cli.Terminal;

namespace Scout.Cli.Views;

/// <summary>A page in blocks: titles, and lines of name and value.</summary>
internal sealed class PageWriter(IConsoleIo io)
{
    private const int NameWidth = 14;
    private readonly bool colour = Style.ColourOnOut(io);
    private bool began;

    /// <summary>Begins a block.</summary>
    public void Title(string text, Tone tone = Tone.Plain)
    {
        if (began) io.Out.WriteLine();
        began = true;
        io.Out.WriteLine(colour ? $"\x1b[1m{Tones.Start(tone)}{Escape.Line(text)}{Tones.End}" : Escape.Line(text));
    }

    /// <summary>A name and a value; nothing is printed for no value. Further lines of the value stand below it.</summary>
    public void Line(string name, string? value, Tone tone = Tone.Plain)
    {
        if (string.IsNullOrEmpty(value)) return;
        bool first = true;
        foreach (string line in Escape.Lines(value.TrimEnd('\n')))
        {
            string shown = colour && tone != Tone.Plain ? Tones.Start(tone) + line + Tones.End : line;
            io.Out.WriteLine($"  {(first ? name : "").PadRight(NameWidth)}{(name.Length >= NameWidth && first ? " " : "")}{shown}");
            first = false;
        }
    }
}
