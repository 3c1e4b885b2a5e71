using System.Text;
using Scout.Cli.Terminal;
using Spectre.Console;

namespace Scout.Cli.Live;

/// <summary>Spectre.Console on our own stdout; its usual output asks System.Console, which changes the mode of the terminal.</summary>
internal sealed class TerminalOutput(IConsoleIo io) : IAnsiConsoleOutput
{
    public TextWriter Writer => io.Out;

    public bool IsTerminal => io.OutIsTerminal;

    public int Width => io.Width ?? 80;

    public int Height => io.Height ?? 24;

    public void SetEncoding(Encoding encoding)
    {
        // It is UTF-8 already.
    }
}
