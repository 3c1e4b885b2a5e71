using Scout.Machines.Watchers;

namespace Scout.Machines.Hosting;

/// <summary>A run that waits for its turn or is under way.</summary>
internal sealed class LiveRun(LiveWatcher watcher)
{
    public LiveWatcher Watcher { get; } = watcher;

    /// <summary>Next in the queue of the machine.</summary>
    public LiveRun? Next { get; set; }

    public Trigger Trigger { get; set; }

    /// <summary>FORCE_CHECK asks for it.</summary>
    public bool Forced { get; set; }

    /// <summary>When it became due, monotonic.</summary>
    public long Due { get; init; }

    /// <summary>0 until it starts.</summary>
    public long Id { get; set; }

    /// <summary>When the watcher asked, monotonic: later than <see cref="Due"/> when the host slept.</summary>
    public long Asked { get; init; }

    /// <summary>When it was handed over, monotonic; there it may still wait for a slot.</summary>
    public long Started { get; set; }

    /// <summary>Ticks of its watcher that came since, the first and the last of them.</summary>
    public (int Count, long First, long Last) Overrun { get; private set; }

    /// <summary>The definition changed meanwhile: what it brings counts for nothing.</summary>
    public bool Dropped { get; set; }

    /// <summary>The start that was written down for it, wall clock, and the one that stood there before.</summary>
    public DateTimeOffset? Counted { get; set; }

    public DateTimeOffset? CountedBefore { get; set; }

    /// <summary>It has been counted as held already.</summary>
    public bool Held { get; set; }

    /// <summary>A tick of its watcher came while it was under way.</summary>
    public void Overran(long now) => Overrun = (Overrun.Count + 1, Overrun.Count == 0 ? now : Overrun.First, now);

    /// <summary>How many of these ticks came before a moment; they are evenly spaced.</summary>
    public int OverrunBefore(long moment)
    {
        (int count, long first, long last) = Overrun;
        if (count == 0 || moment <= first) return 0;
        return count == 1 ? 1 : (int)Math.Min(count, 1 + ((moment - first - 1) * (count - 1) / (last - first)));
    }
}
