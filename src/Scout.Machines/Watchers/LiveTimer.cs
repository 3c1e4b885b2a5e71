using Scout.Machines.Definitions;
using Scout.Machines.Hosting;

namespace Scout.Machines.Watchers;

/// <summary>The <c>timer</c> watcher: entry starts it anew, leaving cancels it, expiry is failure; it runs on over restarts (machines.md section 8).</summary>
internal sealed class LiveTimer(HostCore core, LiveMachine machine, TimerWatcher definition) : LiveWatcher(core, machine, definition)
{
    private readonly TimerWatcher timer = definition;

    private long Length => timer.Splay
        ? Math.Max(TimeSpan.TicksPerSecond, Core.Place(Placement, timer.Timer))
        : timer.Timer.Ticks;

    public override void Restart()
    {
        // It may have run out meanwhile; a clock that was stepped back makes it no longer than it is.
        if (Memory?.TimerEnds is { } ends) Due = Math.Min(Core.Clock.At(ends), Core.Clock.Now + Length);
    }

    public override void Enter(in Entry entry)
    {
        Due = Core.Clock.Now + Length;
        Note("started", Core.Clock.WallAt(Due), entry.Trigger.Cause);
    }

    public override void Stop()
    {
        bool running = Due != HostClock.Never;
        base.Stop();
        if (running) Note("stopped", null, null);
    }

    public override void BecomeDue()
    {
        Due = HostClock.Never;
        string cause = Note("expired", null, null);
        FireOwn(timer.FailTransition, cause, chained: false);
    }

    public override void ClockStepped()
    {
        // 24 h means 24 h: the stored end moves with the clock.
        if (Due != HostClock.Never) Remember(Recollect() with { TimerEnds = Core.Clock.WallAt(Due) });
    }

    private string Note(string outcome, DateTimeOffset? ends, string? cause)
    {
        Remember(Recollect() with { TimerEnds = ends, LastOutcome = outcome });
        MachineEvent said = Event(outcome, cause);
        Say(said);
        return said.Id.ToString();
    }
}
