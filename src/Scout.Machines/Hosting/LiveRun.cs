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

    /// <summary>When it was asked for, monotonic.</summary>
    public long Started { get; set; }

    /// <summary>The definition changed meanwhile: what it brings counts for nothing.</summary>
    public bool Dropped { get; set; }

    /// <summary>It has been counted as held already.</summary>
    public bool Held { get; set; }
}
