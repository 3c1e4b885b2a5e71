using Scout.Machines.Definitions;

namespace Scout.Machines.Hosting;

/// <summary>
/// Slows a machine whose transitions chase each other (machines.md 5.7): a bucket of 20 tokens that refills by 2 a second, or by one in 10 s once the
/// machine is runaway. Only machines that ever had a chained transition own one. Pure but for what it holds; time is passed in, in ticks.
/// </summary>
internal sealed class RunawayLimiter
{
    private const int Burst = 20;
    private const long Minute = TimeSpan.TicksPerMinute;

    // One token is 1e8 units; 20 units a tick make one in 0.5 s, 1 unit a tick one in 10 s. Whole numbers, so that a token is there when promised.
    private const long Price = 100_000_000;
    private const long Full = Burst * Price;

    private readonly Queue<DelayedMove> waiting = new();
    private long level;
    private long refilled;
    private long waitingSince;
    private long lastWaited;

    public RunawayLimiter(long now, bool runaway)
    {
        refilled = now;
        Runaway = runaway;
        lastWaited = runaway ? now : long.MinValue / 2;
        level = runaway ? 0 : Full;
    }

    public bool Runaway { get; private set; }

    public int Waiting => waiting.Count;

    /// <summary>When something is to be done next; <see cref="HostClock.Never"/> for nothing.</summary>
    public long Due
    {
        get
        {
            if (waiting.Count > 0) return refilled + ((Math.Max(0, Price - level) + Rate - 1) / Rate);
            return Runaway ? lastWaited + Minute : HostClock.Never;
        }
    }

    private int Rate => Runaway ? 1 : 20;

    /// <summary>Takes a token; false when there is none or others wait before.</summary>
    public bool TryTake(long now)
    {
        Refill(now);
        if (waiting.Count > 0 || level < Price) return false;
        level -= Price;
        return true;
    }

    /// <summary>Lets a transition wait; false when one of that name waits already, which does as well.</summary>
    public bool Wait(DelayedMove move, long now)
    {
        foreach (DelayedMove other in waiting)
        {
            if (other.Name == move.Name) return false;
        }

        // A second in which nobody waited breaks the row.
        if (waiting.Count == 0 && now - lastWaited > TimeSpan.TicksPerSecond) waitingSince = now;
        waiting.Enqueue(move);
        return true;
    }

    /// <summary>The next that may go, if there is a token for it. The machine may have become runaway by having waited that long.</summary>
    public bool TryRelease(long now, out DelayedMove move)
    {
        move = default;
        Refill(now);
        if (waiting.Count == 0 || level < Price) return false;
        level -= Price;
        move = waiting.Dequeue();
        lastWaited = now;
        if (now - waitingSince >= Minute) Runaway = true;
        return true;
    }

    /// <summary>Ends the runaway after a quiet minute; true when it just ended.</summary>
    public bool TryCalm(long now)
    {
        if (!Runaway || waiting.Count > 0 || now - lastWaited < Minute) return false;
        Refill(now);
        Runaway = false;
        return true;
    }

    /// <summary>Nothing that waited counts any more: the definition changed.</summary>
    public void Forget(long now)
    {
        if (waiting.Count > 0) lastWaited = now;
        waiting.Clear();
    }

    private void Refill(long now)
    {
        // Capped before it is multiplied: 200 s fill the slowest bucket.
        long elapsed = Math.Min(now - refilled, Full);
        level = Math.Min(Full, level + (elapsed * Rate));
        refilled = now;
    }
}

/// <summary>A transition that waits for a token.</summary>
/// <param name="Name">Of the transition.</param>
/// <param name="Only">The very entry of the table that subscribed; null for any of that name.</param>
internal readonly record struct DelayedMove(string Name, Transition? Only, Move Move);
