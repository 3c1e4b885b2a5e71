using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;

namespace Scout.Machines.Watchers;

/// <summary>The <c>schedule</c> watcher: on is success, off is failure, at each edge and on entry (machines.md section 8).</summary>
internal sealed class LiveSchedule(HostCore core, LiveMachine machine, ScheduleWatcher definition) : LiveWatcher(core, machine, definition)
{
    // A clock further back than that was wrong before, and what it said then binds nobody.
    private static readonly TimeSpan LongestStepBack = TimeSpan.FromHours(48);

    private readonly ScheduleWatcher schedule = definition;

    public override void Restart() => Look(entry: Memory?.ScheduleOn is null, default);

    public override void Enter(in Entry entry) => Look(entry: true, entry.Trigger);

    public override void BecomeDue() => Look(entry: false, default);

    public override void ClockStepped() => Look(entry: false, default);

    private void Look(bool entry, Trigger trigger)
    {
        Core.Visit(Machine);
        DateTimeOffset wall = Core.Clock.Wall;
        WatcherRecord memory = Recollect();
        bool on = Level(memory, wall, out DateTimeOffset? look);
        Due = look is { } next ? Core.Clock.At(next) : HostClock.Never;
        bool edge = memory.ScheduleOn != on;
        if (!edge && !entry)
        {
            // The window goes on, and so does what was fired in it.
            if (on && memory.FiredUntil is not null && look is not null) Remember(memory with { FiredUntil = look });
            return;
        }

        bool fires = !(on && schedule.SkipTriggerOnReenter && memory.FiredUntil is { } until && wall < until);
        Remember(memory with
        {
            ScheduleOn = on,
            ScheduleSince = edge ? wall : memory.ScheduleSince,
            FiredUntil = on && schedule.SkipTriggerOnReenter ? look : null,
            LastOutcome = on ? "on" : "off",
        });
        WatcherEvent said = Event(on ? "on" : "off", trigger.Cause);
        Say(said);
        string? transition = on ? schedule.SuccessTransition : schedule.FailTransition;
        if (!fires || transition is null) return;
        var move = new Move("watcher", said.Id.ToString(), trigger.Chained) { Watcher = this };
        Core.FollowUp(new FireFollowUp(Machine, transition, null, move));
    }

    /// <summary>After a step back the level stays what it was until the clock is where it has been: nothing fires twice (machines.md 6.3).</summary>
    private bool Level(WatcherRecord memory, DateTimeOffset wall, out DateTimeOffset? look)
    {
        if (memory is { ScheduleOn: { } stored, ScheduleSince: { } since } && wall < since && since - wall < LongestStepBack)
        {
            look = since;
            return stored;
        }

        TimeSpan splay = TimeSpan.FromTicks(Core.Place(Placement, schedule.StartSplay));
        return ScheduleLevel.IsOn(schedule, splay, schedule.TimeZone ?? Core.Options.TimeZone, wall, out look);
    }
}
