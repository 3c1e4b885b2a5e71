namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// The four windows over which trials are counted. The first two move by ticks of 100 ms, the others by seconds.
/// </summary>
internal static class Windows
{
    public const int Count = 4;

    /// <summary>Milliseconds of a tick.</summary>
    public const int TickMs = 100;

    public const int TicksPerSecond = 10;

    /// <summary>Index of the 5 s window, by which faults are cleared.</summary>
    public const int Five = 1;

    /// <summary>Index of the 30 s window, which gives the background.</summary>
    public const int Thirty = 2;

    public const int Longest = Count - 1;

    private static readonly int[] Lengths = [1, 5, 30, 300];

    public static int Seconds(int window) => Lengths[window];

    /// <summary>Whether a trial of <paramref name="tick"/> counts in a window that ends with <paramref name="now"/>.</summary>
    public static bool Holds(int window, long now, long tick) => window < Thirty
        ? now - tick < Lengths[window] * TicksPerSecond
        : (now / TicksPerSecond) - (tick / TicksPerSecond) < Lengths[window];
}
