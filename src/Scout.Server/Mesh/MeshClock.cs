namespace Scout.Server.Mesh;

/// <summary>Monotonic nanoseconds, the unit of everything that the mesh measures.</summary>
internal static class MeshClock
{
    public const long Second = 1_000_000_000;
    public const long Millisecond = 1_000_000;

    public static long Now(TimeProvider time)
    {
        long stamp = time.GetTimestamp();
        long frequency = time.TimestampFrequency;
        return frequency == Second ? stamp : (long)((Int128)stamp * Second / frequency);
    }

    public static long Of(TimeSpan span) => span.Ticks * TimeSpan.NanosecondsPerTick;

    public static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
