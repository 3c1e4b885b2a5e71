namespace Scout.Mesh.Simulation;

/// <summary>The one clock of a simulated fleet, in nanoseconds; it stands where the last event was.</summary>
internal sealed class SimTime : TimeProvider
{
    private static readonly DateTimeOffset Origin = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    public long Now { get; set; } = 1_000_000_000_000;

    public long NowMs => Now / 1_000_000;

    public override long TimestampFrequency => 1_000_000_000;

    /// <summary>What is added to <see cref="Now"/> to get Unix nanoseconds.</summary>
    public static long UnixOffset => Origin.ToUnixTimeMilliseconds() * 1_000_000;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => Origin + TimeSpan.FromTicks(Now / 100);
}
