using Scout.Machines.Definitions;
using Scout.Machines.Records;

namespace Scout.Machines.Hosting;

/// <summary>
/// What ends or begins at a moment of the wall clock: maintenance (machines.md 10.2), its windows (10.3), acknowledgements (10.4). Placed on the
/// monotonic clock and looked at anew when the wall clock is stepped; a step back fires and reopens nothing twice (6.3).
/// </summary>
internal sealed class Deadlines(HostCore core)
{
    // A window that could not be opened, because the state does not allow it, is tried again so often.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);

    // An end further away than the longest window comes from a clock that was wrong, and keeps nothing shut.
    private static readonly TimeSpan LongestMark = TimeSpan.FromDays(8);

    /// <summary>Finds the next deadline of a machine.</summary>
    public void Arm(LiveMachine machine)
    {
        long due = HostClock.Never;
        MachineRecord record = machine.Record;
        if (record.Maintenance?.Until is { } until) due = core.Clock.At(until);
        if (record.Acknowledgement?.Until is { } known) due = Math.Min(due, core.Clock.At(known));
        if (!machine.Definition.MaintenanceWindows.IsEmpty) due = Math.Min(due, NextWindow(machine));
        machine.DeadlineDue = due;
    }

    /// <summary>A deadline has come, or the clock was stepped.</summary>
    public void Look(LiveMachine machine)
    {
        core.Visit(machine);
        Arm(machine);
        if (!machine.Definition.MaintenanceWindows.IsEmpty) LookAtWindows(machine);
        DateTimeOffset wall = core.Clock.Wall;
        if (machine.Record.Maintenance is { Until: { } until } && until <= wall) Expire(machine, until);
        if (machine.Record.Acknowledgement is { Until: { } known } && known <= wall)
        {
            machine.Record = machine.Record with { Acknowledgement = null };
            core.Touch(machine, "expired", "expiry");
            Arm(machine);
        }
    }

    /// <summary>The occurrence that is open now and not ended by a person, if any.</summary>
    public bool TryOpen(LiveMachine machine, out DateTimeOffset end, out string reason)
    {
        if (machine.Definition.MaintenanceWindows.IsEmpty)
        {
            (end, reason) = (default, "");
            return false;
        }

        DateTimeOffset wall = core.Clock.Wall;
        if (!MaintenanceWindow.IsOpen(machine.Definition.MaintenanceWindows.AsSpan(), wall, out end, out reason)) return false;
        return machine.Record.WindowEndedUntil is not { } ended || ended < end || ended - wall > LongestMark;
    }

    private void LookAtWindows(LiveMachine machine)
    {
        if (!TryOpen(machine, out DateTimeOffset end, out string reason)) return;
        if (machine.State != States.Maintenance)
        {
            var record = new MaintenanceRecord(reason, end, "window", core.Clock.Wall);
            core.Moves.Fire(machine, States.Maintenance, new Move("window", null, false) { Caller = "window", Maintenance = record });
            if (machine.State != States.Maintenance) machine.DeadlineDue = core.Clock.Now + Retry.Ticks;
            return;
        }

        // Of a person's deadline and a window's the later holds; open-ended is the latest of all.
        if (machine.Record.Maintenance is not { Until: { } until } maintenance || until >= end) return;
        machine.Record = machine.Record with { Maintenance = maintenance with { Until = end } };
        core.Touch(machine, "window", "window");
        Arm(machine);
    }

    private void Expire(LiveMachine machine, DateTimeOffset until)
    {
        if (!machine.Definition.MaintenanceWindows.IsEmpty) machine.Record = machine.Record with { WindowEndedUntil = until };
        MoveResult result = core.Moves.Fire(machine, States.Resume, new Move("expiry", null, false) { Caller = "expiry" });
        if (result == MoveResult.Real) return;
        // Nothing leads out; the deadline is over all the same, and looking again would change nothing.
        machine.Record = machine.Record with { Maintenance = machine.Record.Maintenance! with { Until = null } };
        core.Touch(machine, "expired", "expiry");
        Arm(machine);
    }

    private long NextWindow(LiveMachine machine)
    {
        if (TryOpen(machine, out DateTimeOffset end, out _))
        {
            bool covered = machine.State == States.Maintenance && (machine.Record.Maintenance?.Until is not { } until || until >= end);
            if (!covered) return core.Clock.Now;
        }

        long due = HostClock.Never;
        foreach (MaintenanceWindow window in machine.Definition.MaintenanceWindows)
        {
            if (window.NextOpening(core.Clock.Wall) is { } opening) due = Math.Min(due, core.Clock.At(opening));
        }

        return due;
    }
}
