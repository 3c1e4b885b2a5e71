namespace Scout.Machines.Simulated;

/// <summary>Time that moves only when the simulation says so. The wall clock can be stepped apart from the monotonic one.</summary>
public sealed class VirtualTime(DateTimeOffset start) : TimeProvider
{
    private long ticks;
    private long stepped;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Monotonic, in ticks of 100 ns since the beginning.</summary>
    public long Now => ticks;

    public override long GetTimestamp() => ticks;

    public override DateTimeOffset GetUtcNow() => new(start.UtcTicks + ticks + stepped, TimeSpan.Zero);

    /// <summary>Moves both clocks forward to a moment; earlier moments change nothing.</summary>
    public void MoveTo(long moment) => ticks = Math.Max(ticks, moment);

    /// <summary>Steps the wall clock alone, as an administrator, NTP or a suspended host does.</summary>
    public void StepWall(TimeSpan by) => stepped += by.Ticks;
}
