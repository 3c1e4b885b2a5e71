using Scout.Machines.Runs;
using Scout.Machines.Watchers;

namespace Scout.Machines.Hosting;

/// <summary>One run at a time a machine; the others wait, one entry a watcher, forced checks first, and are asked again at their turn (machines.md 5.1).</summary>
internal sealed class RunDesk(HostCore core)
{
    private readonly Dictionary<long, LiveMachine> underWay = [];
    private long last;

    public int UnderWay => underWay.Count;

    public long NextId() => ++last;

    /// <summary>A watcher wants to run. Starts at the end of the input if nothing else of the machine runs.</summary>
    /// <param name="watcher">Who.</param>
    /// <param name="trigger">Why.</param>
    /// <param name="forced">FORCE_CHECK asks.</param>
    /// <param name="due">When it became due.</param>
    public void Ask(LiveWatcher watcher, Trigger trigger, bool forced, long due)
    {
        LiveMachine machine = watcher.Machine;
        if (watcher.Pending is { } pending)
        {
            if (forced && !pending.Forced)
            {
                Unlink(machine, pending);
                pending.Forced = true;
                pending.Trigger = trigger;
                Link(machine, pending);
            }
            else
            {
                core.Counters.TicksWhileWaiting++;
            }

            return;
        }

        // An entry is worth another run, a tick is not.
        if (!forced && !trigger.Chained && machine.Running is { Dropped: false } running && running.Watcher == watcher)
        {
            running.Overran(core.Clock.Now);
            return;
        }

        var run = new LiveRun(watcher) { Trigger = trigger, Forced = forced, Due = due, Asked = core.Clock.Now };
        watcher.Pending = run;
        Link(machine, run);
        core.Want(machine);
    }

    /// <summary>Starts what waits, if nothing runs.</summary>
    public void StartNext(LiveMachine machine)
    {
        if (machine.Running is not null || machine.Deleted) return;
        LiveRun? run = machine.Queue;
        while (run is not null)
        {
            LiveRun? next = run.Next;
            if (run.Watcher.IsCounted && !core.CanCommit)
            {
                // What cannot be counted does not run; it keeps its place until the store is back.
                if (!run.Held) core.Counters.HeldRuns++;
                run.Held = true;
                run = next;
                continue;
            }

            Unlink(machine, run);
            run.Watcher.Pending = null;
            if (IsWanted(machine, run))
            {
                if (TryStart(machine, run)) return;
            }
            else
            {
                core.Counters.DroppedRuns++;
            }

            run = next;
        }
    }

    /// <summary>A run ended outside.</summary>
    public void Complete(RunOutcome outcome)
    {
        if (!underWay.Remove(outcome.Id, out LiveMachine? machine) || machine.Running is not { } run || run.Id != outcome.Id)
        {
            core.Counters.DroppedOutcomes++;
            return;
        }

        core.Visit(machine);
        Finish(machine, run, outcome);
    }

    /// <summary>A run was never started. Nothing takes its place: who withdraws runs starts none.</summary>
    public void Withdraw(long id)
    {
        if (!underWay.Remove(id, out LiveMachine? machine) || machine.Running is not { } run || run.Id != id) return;
        core.Visit(machine);
        machine.Running = null;
        run.Watcher.Withdraw(run);
    }

    /// <summary>A run whose start could not be written goes back to its place: it counts for nothing, and whatever else the machine has to do goes on.</summary>
    public void Postpone(long id)
    {
        if (!underWay.Remove(id, out LiveMachine? machine) || machine.Running is not { } run || run.Id != id) return;
        core.Visit(machine);
        machine.Running = null;
        run.Watcher.Withdraw(run);
        if (!run.Dropped && run.Watcher.Pending is null)
        {
            run.Watcher.Pending = new LiveRun(run.Watcher) { Trigger = run.Trigger, Forced = run.Forced, Due = run.Due, Asked = run.Asked };
            Link(machine, run.Watcher.Pending);
        }

        core.Want(machine);
    }

    /// <summary>A run that needed nobody outside ended.</summary>
    public void Answered(AnswerFollowUp answer)
    {
        if (answer.Machine.Running == answer.Run) Finish(answer.Machine, answer.Run, answer.Outcome);
    }

    /// <summary>Nothing waits any more; what runs counts for nothing when it ends.</summary>
    public static void Drop(LiveMachine machine)
    {
        for (LiveRun? run = machine.Queue; run is not null; run = run.Next) run.Watcher.Pending = null;
        machine.Queue = null;
        if (machine.Running is { } running) running.Dropped = true;
    }

    /// <summary>Ends the run of a machine that is deleted.</summary>
    public void Cancel(LiveMachine machine)
    {
        Drop(machine);
        if (machine.Running is { Id: > 0 } run && underWay.Remove(run.Id)) core.Step.Cancels.Add(run.Id);
        machine.Running = null;
    }

    private bool TryStart(LiveMachine machine, LiveRun run)
    {
        run.Started = core.Clock.Now;
        if (run.Watcher.Prepare(run, out RunOutcome? answer) is { } request)
        {
            run.Id = request.Id;
            machine.Running = run;
            underWay.Add(run.Id, machine);
            core.Counters.Runs++;
            core.Step.Starts.Add(request);
            core.Step.MustSync |= run.Watcher.IsCounted;
            return true;
        }

        if (answer is null) return false;
        machine.Running = run;
        core.FollowUp(new AnswerFollowUp(machine, run, answer));
        return true;
    }

    private void Finish(LiveMachine machine, LiveRun run, RunOutcome outcome)
    {
        machine.Running = null;
        if (run.Overrun.Count > 0)
        {
            // It ran for the duration that is told; before that it waited for a slot.
            int waited = run.OverrunBefore(core.Clock.Now - outcome.Duration.Ticks);
            core.Counters.TicksWhileWaiting += waited;
            core.Counters.TicksWhileRunning += run.Overrun.Count - waited;
        }

        if (run.Dropped) core.Counters.DroppedOutcomes++;
        else if (outcome.Reason != "cancelled") run.Watcher.Complete(run, outcome);
        if (machine.Queue is not null) core.Want(machine);
    }

    private static bool IsWanted(LiveMachine machine, LiveRun run) =>
        run.Forced ? machine.State == States.ForceCheck : run.Watcher.Active;

    private static void Link(LiveMachine machine, LiveRun run)
    {
        if (machine.Queue is null || (run.Forced && !machine.Queue.Forced))
        {
            run.Next = machine.Queue;
            machine.Queue = run;
            return;
        }

        LiveRun before = machine.Queue;
        while (before.Next is { } next && (!run.Forced || next.Forced)) before = next;
        run.Next = before.Next;
        before.Next = run;
    }

    private static void Unlink(LiveMachine machine, LiveRun run)
    {
        if (machine.Queue == run)
        {
            machine.Queue = run.Next;
        }
        else
        {
            for (LiveRun? before = machine.Queue; before is not null; before = before.Next)
            {
                if (before.Next != run) continue;
                before.Next = run.Next;
                break;
            }
        }

        run.Next = null;
    }
}
