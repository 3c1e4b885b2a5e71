using Scout.Machines.Definitions;
using Scout.Machines.Records;
using Scout.Machines.Watchers;

namespace Scout.Machines.Hosting;

/// <summary>Fires transitions and lets everybody see them: the watchers of the machine, its subscribers, those who require or depend on it (machines.md 5.2 to 5.7).</summary>
internal sealed class Moves(HostCore core)
{
    /// <summary>Fires a transition now, or lets it wait for the runaway limiter when it is chained.</summary>
    /// <param name="machine">Whose.</param>
    /// <param name="name">Of the transition.</param>
    /// <param name="move">Why.</param>
    /// <param name="only">The very entry of the table that is meant; null for any of that name.</param>
    public MoveResult Fire(LiveMachine machine, string name, in Move move, Transition? only = null)
    {
        MoveResult judged = Judge(machine, name, only, out Transition? transition);
        if (judged != MoveResult.Real) return judged;
        if (move.Chained)
        {
            machine.Limiter ??= new RunawayLimiter(core.Clock.Now, machine.Record.Runaway);
            if (!machine.Limiter.TryTake(core.Clock.Now))
            {
                core.Visit(machine);
                if (machine.Limiter.Wait(new DelayedMove(name, only, move), core.Clock.Now)) core.Counters.Delayed++;
                else core.Counters.DroppedMoves++;
                return MoveResult.Delayed;
            }
        }

        Perform(machine, transition!, move);
        return MoveResult.Real;
    }

    public void FireLater(FireFollowUp fire)
    {
        // A watcher's transition is fired only if it is still active (machines.md 5.3).
        if (fire.Move.Watcher is { Active: false }) core.Counters.DroppedMoves++;
        else Fire(fire.Machine, fire.Transition, fire.Move, fire.Only);
    }

    /// <summary>The limiter has a token, or its quiet minute is over.</summary>
    public void LimiterDue(LiveMachine machine)
    {
        RunawayLimiter limiter = machine.Limiter!;
        bool was = limiter.Runaway;
        if (limiter.TryRelease(core.Clock.Now, out DelayedMove delayed))
        {
            // The answer to FORCE_CHECK leaves it, though the check is not active in it.
            bool stale = delayed.Move.Watcher is { Active: false } && !(delayed.Move.IsOwnResult && machine.State == States.ForceCheck);
            if (stale || Judge(machine, delayed.Name, delayed.Only, out Transition? transition) != MoveResult.Real)
                core.Counters.DroppedMoves++;
            else
                Perform(machine, transition!, delayed.Move);
        }
        else
        {
            limiter.TryCalm(core.Clock.Now);
        }

        if (limiter.Runaway == was) return;
        machine.Record = machine.Record with { Runaway = limiter.Runaway };
        core.Touch(machine, limiter.Runaway ? "runaway" : "calm");
    }

    /// <summary>Looks again at which watchers are active, because a foreign state changed (machines.md 5.5).</summary>
    public void LookAtForeign(LiveMachine machine, string? cause)
    {
        if (!machine.Awake) return;
        foreach (LiveWatcher watcher in machine.Watchers)
        {
            if (watcher.Definition.ForeignStates.IsEmpty) continue;
            bool active = watcher.ShouldBeActive();
            if (active == watcher.Active) continue;
            watcher.Active = active;
            core.Visit(machine);
            if (active) watcher.Enter(new Entry(EntryKind.Foreign, new Trigger(cause, true)));
            else watcher.Stop();
        }
    }

    /// <summary>Tells those who look at this machine that it changed: it came, went or moved.</summary>
    public void TellForeign(string machine, string? cause)
    {
        foreach (LiveMachine other in core.Roster.Watching(machine)) core.FollowUp(new ForeignFollowUp(other, cause));
    }

    /// <summary>Tells those who depend on this machine that it is down no more.</summary>
    public void TellDependents(string machine)
    {
        foreach (LiveMachine other in core.Roster.Dependents(machine)) core.FollowUp(new ParentBackFollowUp(other));
    }

    /// <summary>The watchers of a machine start.</summary>
    public void Awaken(LiveMachine machine)
    {
        machine.Awake = true;
        machine.StartDue = HostClock.Never;
        core.Visit(machine);
        foreach (LiveWatcher watcher in machine.Watchers) watcher.Active = watcher.ShouldBeActive();
        foreach (LiveWatcher watcher in machine.Watchers)
        {
            if (!watcher.Active) continue;
            if (GoesOn(machine.Awakening, watcher)) watcher.Restart();
            else watcher.Enter(new Entry(EntryKind.Start, default));
        }

        // Killed in FORCE_CHECK: it checks as soon as it starts (machines.md 5.6).
        if (machine.State == States.ForceCheck) machine.Check?.Force(default);
    }

    private static bool GoesOn(Awakening awakening, LiveWatcher watcher) => awakening switch
    {
        Awakening.Restart => true,
        Awakening.Changed => watcher is LiveCheck || watcher.Memory is not null,
        _ => false,
    };

    private MoveResult Judge(LiveMachine machine, string name, Transition? only, out Transition? transition)
    {
        transition = machine.Definition.Table.Find(machine.State, name);
        if (transition is null || (only is not null && only != transition))
        {
            core.Counters.Refused++;
            return MoveResult.Refused;
        }

        return transition.Destination == machine.State ? MoveResult.Self : MoveResult.Real;
    }

    private void Perform(LiveMachine machine, Transition transition, in Move move)
    {
        string from = machine.State;
        string to = transition.Destination;
        string effectiveBefore = machine.EffectiveState;
        bool wasDown = machine.IsDown;
        TransitionEvent said = Said(machine, transition, move);
        string cause = said.Id.ToString();
        machine.Record = Entered(machine, to, move);
        core.Counters.Transitions++;
        core.Step.Events.Add(said);
        core.Step.MustSync = true;
        core.Touch(machine, "", move.Caller, cause);
        if (from == States.Maintenance) RefillBudgets(machine);
        if (from == States.ForceCheck && !move.IsOwnResult) core.Answer(machine, effectiveBefore, null);
        if (machine.Awake) ShowToWatchers(machine, from, move, cause);
        // A machine whose watchers have not started yet shows them the state they find then.
        else machine.Awakening = machine.Awakening == Awakening.FirstSight ? Awakening.FirstSight : Awakening.Initial;
        if (to == States.ForceCheck)
        {
            bool command = move.Reason == "command";
            machine.Check?.Force(new Trigger(command ? move.Cause : cause, move.Chained));
        }

        core.Deadlines.Arm(machine);
        foreach (Subscriber subscriber in core.Roster.Subscribers(machine.Name, transition.Name))
        {
            core.FollowUp(new FireFollowUp(subscriber.Machine, subscriber.Transition.Name, subscriber.Transition, new Move("subscription", cause, true)));
        }

        if (machine.EffectiveState == effectiveBefore) return;
        TellForeign(machine.Name, cause);
        if (wasDown && !machine.IsDown) TellDependents(machine.Name);
    }

    private static void ShowToWatchers(LiveMachine machine, string from, in Move move, string cause)
    {
        Span<bool> before = stackalloc bool[machine.Watchers.Length];
        for (int i = 0; i < before.Length; i++)
        {
            LiveWatcher watcher = machine.Watchers[i];
            before[i] = watcher.Active;
            watcher.Active = watcher.ShouldBeActive();
            if (before[i] && !watcher.Active) watcher.Stop();
        }

        for (int i = 0; i < before.Length; i++)
        {
            LiveWatcher watcher = machine.Watchers[i];
            if (!watcher.Active) continue;
            watcher.Enter(new Entry(EntryKind.Transition, new Trigger(cause, true))
            {
                WasActive = before[i],
                From = from,
                ByOwnResult = move.Watcher == watcher && move.IsOwnResult,
            });
        }
    }

    private MachineRecord Entered(LiveMachine machine, string to, in Move move)
    {
        MachineRecord record = machine.Record;
        CheckRecord? check = record.Check;
        if (check is not null && !move.IsOwnResult && to != States.ForceCheck && machine.Check is { } watcher && watcher.Matches(to))
        {
            // Somebody else moved it: what is true now is not known yet (machines.md 7.1).
            check = check with { Fresh = true, Belief = CheckStatus.Ok, DoubtDirection = 0, DoubtCount = 0, DoubtExtreme = CheckStatus.Ok };
        }

        bool maintenance = to == States.Maintenance;
        return record with
        {
            State = to,
            Since = core.Clock.Wall,
            ForcedFrom = to == States.ForceCheck ? machine.EffectiveState : null,
            Maintenance = maintenance ? move.Maintenance ?? new MaintenanceRecord("", null, move.Caller ?? move.Reason, core.Clock.Wall) : null,
            Acknowledgement = maintenance ? null : record.Acknowledgement,
            Check = check,
        };
    }

    private static void RefillBudgets(LiveMachine machine)
    {
        foreach (LiveWatcher watcher in machine.Watchers)
        {
            if (watcher is LiveExec exec) exec.Refill();
        }
    }

    private TransitionEvent Said(LiveMachine machine, Transition transition, in Move move) => new()
    {
        Id = core.Options.NewId(),
        Machine = machine.Name,
        Time = core.Clock.Wall,
        Cause = move.Cause,
        Definition = machine.Definition,
        Transition = transition.Name,
        From = machine.State,
        To = transition.Destination,
        Reason = move.Reason,
        Watcher = move.Watcher?.Name,
        Caller = move.Caller,
        Maintenance = move.Maintenance,
        Attempt = move.Attempt,
        Output = move.Output is { } output ? FirstLine(output) : null,
    };

    private static string FirstLine(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        return KeptResult.Cut(end < 0 ? text : text[..end], KeptResult.LongestText);
    }
}
