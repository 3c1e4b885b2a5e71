namespace Scout.Nats.Connection;

/// <summary>Full jitter: every wait is a fresh draw from 0 to its bound, so that many clients of one server spread out.</summary>
internal sealed class Backoff(NatsOpts opts)
{
    private const int MaxDoublings = 30;

    private readonly Lock gate = new();
    private readonly Random random = new(opts.JitterSeed ?? Entropy.Seed());

    /// <summary>Before the first attempt after a lost line.</summary>
    public TimeSpan First() => Draw(opts.ReconnectSpread);

    /// <summary>After <paramref name="failures"/> failed attempts (1 or more).</summary>
    public TimeSpan After(int failures, bool refused)
    {
        double bound = opts.ReconnectWaitMin.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, MaxDoublings));
        TimeSpan max = refused ? opts.RefusedWaitMax : opts.ReconnectWaitMax;
        return Draw(TimeSpan.FromSeconds(Math.Min(bound, max.TotalSeconds)));
    }

    /// <summary>The interval of one session's pings.</summary>
    public TimeSpan PingInterval()
    {
        double factor = 1 + (((NextDouble() * 2) - 1) * Math.Clamp(opts.PingJitter, 0, 1));
        return TimeSpan.FromMilliseconds(Math.Max(1, opts.PingInterval.TotalMilliseconds * factor));
    }

    public void Shuffle<T>(Span<T> items)
    {
        lock (gate) random.Shuffle(items);
    }

    private TimeSpan Draw(TimeSpan bound) => bound <= TimeSpan.Zero ? TimeSpan.Zero : bound * NextDouble();

    private double NextDouble()
    {
        lock (gate) return random.NextDouble();
    }
}
