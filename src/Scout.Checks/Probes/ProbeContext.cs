namespace Scout.Checks.Probes;

/// <summary>What a probe needs from outside. Shared by all probes of a node; thread-safe.</summary>
public sealed record ProbeContext
{
    public required TimeProvider Time { get; init; }

    public required INameLookup Names { get; init; }

    /// <summary>Tells when this process stood still, so that its own sleep is not taken for the peer's silence.</summary>
    public IStallClock Stalls { get; init; } = NoStallClock.Instance;

    /// <summary>Ids, tokens, ports.</summary>
    public IProbeRandom Random { get; init; } = SystemRandom.Instance;
}

/// <summary>When this process stood still. Thread-safe.</summary>
public interface IStallClock
{
    /// <summary>How much of the time between two timestamps (of the <see cref="TimeProvider"/>) this process could not run.</summary>
    TimeSpan StalledWithin(long fromTimestamp, long toTimestamp);
}

/// <summary>Random bytes. Thread-safe.</summary>
public interface IProbeRandom
{
    void Fill(Span<byte> bytes);
}

/// <summary>Nobody measures stalls.</summary>
public sealed class NoStallClock : IStallClock
{
    public static NoStallClock Instance { get; } = new();

    public TimeSpan StalledWithin(long fromTimestamp, long toTimestamp) => TimeSpan.Zero;
}
