namespace Scout.Cli.Terminal;

/// <summary>Tells a reader that went away from a write that failed.</summary>
internal static class Broken
{
    private const int Epipe = 32;

    /// <summary>True for EPIPE: the other side closed the pipe, as <c>head</c> does.</summary>
    public static bool Pipe(IOException failure) => failure.HResult == Epipe;
}
