using Scout.Cli.Terminal;

namespace Scout.Cli.Rendering;

/// <summary>Where colour may go: terminals only, and not with <c>NO_COLOR</c> or <c>TERM=dumb</c>.</summary>
internal static class Style
{
    public static bool ColourOnOut(IConsoleIo io) => io.OutIsTerminal && Wanted(io);

    public static bool ColourOnError(IConsoleIo io) => io.ErrorIsTerminal && Wanted(io);

    private static bool Wanted(IConsoleIo io) => io.Variable("NO_COLOR") is null && io.Variable("TERM") != "dumb";
}
