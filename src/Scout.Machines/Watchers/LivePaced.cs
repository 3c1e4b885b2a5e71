using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;

namespace Scout.Machines.Watchers;

/// <summary>A watcher that looks again and again at its own pace, whatever comes of it (machines.md 6.2): <c>file</c> and <c>metric</c>.</summary>
internal abstract class LivePaced(HostCore core, LiveMachine machine, WatcherDefinition definition, TimeSpan usual) : LiveWatcher(core, machine, definition)
{
    protected const int LongestOutput = 4096;

    /// <summary>As defined, else what is usual for the type.</summary>
    protected TimeSpan Interval => Definition.Interval ?? usual;

    public override void Restart() => Due = FirstLook(Interval);

    public override void BecomeDue()
    {
        long due = Due;
        Due += Interval.Ticks;
        if (Due <= Core.Clock.Now)
        {
            // Never made up: a host that slept looks once.
            Core.Counters.TicksWhileAsleep += (Core.Clock.Now - due) / Interval.Ticks;
            Due = Core.Clock.Now + Interval.Ticks;
        }

        Core.Runs.Ask(this, default, forced: false, due);
    }

    /// <summary>What every look of it has in common.</summary>
    protected RunRequest Request(LiveRun run, RunKind kind, TimeSpan timeout) => new()
    {
        Id = Core.Runs.NextId(),
        Machine = Machine.Name,
        Watcher = Name,
        Kind = kind,
        Definition = Machine.Definition,
        WatcherDefinition = Definition,
        Timeout = timeout,
        State = Machine.State,
        DueTimestamp = Core.Clock.ToTimestamp(run.Due),
        Suspect = Memory?.Suspect ?? false,
    };
}
