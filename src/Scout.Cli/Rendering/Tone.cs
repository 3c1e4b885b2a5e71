namespace Scout.Cli.Rendering;

/// <summary>How a cell feels; colours only on a terminal.</summary>
internal enum Tone
{
    Plain,
    Good,
    Warn,
    Bad,
    Odd,
    Quiet,
    Calm,
}

/// <summary>Tones and their escape sequences.</summary>
internal static class Tones
{
    /// <summary>Of a state or a status word.</summary>
    public static Tone OfState(string? state) => state switch
    {
        "OK" => Tone.Good,
        "WARNING" => Tone.Warn,
        "CRITICAL" => Tone.Bad,
        "UNKNOWN" => Tone.Odd,
        "MAINTENANCE" => Tone.Calm,
        "FORCE_CHECK" => Tone.Quiet,
        _ => Tone.Plain,
    };

    /// <summary>SGR sequence; empty for <see cref="Tone.Plain"/>.</summary>
    public static string Start(Tone tone) => tone switch
    {
        Tone.Good => "\x1b[32m",
        Tone.Warn => "\x1b[33m",
        Tone.Bad => "\x1b[1;31m",
        Tone.Odd => "\x1b[35m",
        Tone.Quiet => "\x1b[2m",
        Tone.Calm => "\x1b[36m",
        _ => "",
    };

    public const string End = "\x1b[0m";
}
