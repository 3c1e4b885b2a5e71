using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Machines.Timing;

namespace Scout.Machines.Watchers;

/// <summary>
/// A watcher while its machine runs. It touches no process, file, network or clock: it asks for runs and gets outcomes (machines.md 5.1). The derived
/// classes hold what a type does, as section 8 says.
/// </summary>
internal abstract class LiveWatcher(HostCore core, LiveMachine machine, WatcherDefinition definition)
{
    public LiveMachine Machine { get; } = machine;

    public WatcherDefinition Definition { get; } = definition;

    public string Name => Definition.Name;

    /// <summary>As it was found at the last change of this or a foreign state.</summary>
    public bool Active { get; set; }

    /// <summary>When it is due, monotonic.</summary>
    public long Due { get; protected set; } = HostClock.Never;

    /// <summary>The run of it that waits in the queue of the machine.</summary>
    public LiveRun? Pending { get; set; }

    /// <summary>What it remembers over restarts; null when nothing.</summary>
    public WatcherRecord? Memory { get; private set; }

    public Announcement? Announcement { get; } = definition.AnnounceInterval is { } every ? new Announcement(core.Clock.Now + every.Ticks) : null;

    public long NextDue => Announcement is { } announcement ? Math.Min(Due, announcement.Due) : Due;

    /// <summary>Its runs are counted against a budget, so they wait for a store that cannot commit.</summary>
    public virtual bool IsCounted => false;

    protected HostCore Core { get; } = core;

    protected Placement Placement => Placement.Of(Core.Options.Node, Machine.Name, Name);

    /// <summary>The machine starts and the watcher is active, but it is no entry.</summary>
    public abstract void Restart();

    /// <summary>An entry (machines.md section 8).</summary>
    public abstract void Enter(in Entry entry);

    /// <summary>It is no longer active.</summary>
    public virtual void Stop() => Due = HostClock.Never;

    /// <summary>Its due time has come.</summary>
    public abstract void BecomeDue();

    /// <summary>Its turn has come: what to run, or an answer that needs no run, or neither.</summary>
    public virtual RunRequest? Prepare(LiveRun run, out RunOutcome? answer)
    {
        answer = null;
        return null;
    }

    /// <summary>A run of it ended.</summary>
    public virtual void Complete(LiveRun run, RunOutcome outcome)
    {
    }

    /// <summary>A run of it was prepared and never started.</summary>
    public virtual void Withdraw(LiveRun run)
    {
    }

    /// <summary>The wall clock was stepped.</summary>
    public virtual void ClockStepped()
    {
    }

    /// <summary>Takes over from the same, unchanged watcher of the definition before.</summary>
    public virtual void GoOnFrom(LiveWatcher before)
    {
        Active = before.Active;
        Due = before.Due;
        if (Announcement is not { } announcement || before.Announcement is not { } other) return;
        announcement.Due = Math.Min(announcement.Due, other.Due);
        announcement.Latest = other.Latest is { } latest ? latest with { Definition = Machine.Definition } : null;
    }

    /// <summary>Gives it what it remembered; at a start or a reload.</summary>
    public void Recall(WatcherRecord? memory) => Memory = memory;

    public bool Matches(string state) => Definition.StateMatch.IsEmpty || Definition.StateMatch.Contains(state);

    /// <summary>The states of its own machine and of foreign ones allow it (machines.md 5.5).</summary>
    public bool ShouldBeActive()
    {
        if (!Matches(Machine.State)) return false;
        foreach (ForeignState foreign in Definition.ForeignStates)
        {
            if (Core.Roster.Find(foreign.MachineName)?.EffectiveState != foreign.State) return false;
        }

        return true;
    }

    protected void Remember(WatcherRecord memory)
    {
        Memory = memory;
        Machine.MemoryChanged = true;
        Core.Visit(Machine);
    }

    /// <summary>What it remembers, made when there is nothing yet.</summary>
    protected WatcherRecord Recollect() => Memory is { } memory && memory.Digest == Definition.Digest
        ? memory
        : (Memory ?? new WatcherRecord { Name = Name }) with { Digest = Definition.Digest };

    /// <summary>First due time after a start: <c>place(min(interval, 10 s))</c> (machines.md 6.2).</summary>
    protected long FirstLook(TimeSpan? interval) =>
        Core.Clock.Now + Core.Place(Placement, interval is { } every && every < Spread ? every : Spread);

    /// <summary>Fires one of its transitions, if it names one and is still active.</summary>
    protected MoveResult FireOwn(string? transition, string? cause, bool chained, string? output = null)
    {
        if (transition is null || !Active) return MoveResult.Self;
        return Core.Moves.Fire(Machine, transition, new Move("watcher", cause, chained) { Watcher = this, Output = output });
    }

    /// <summary>Lets an event of it leave, and keeps it for <c>announce_interval</c>.</summary>
    protected void Say(MachineEvent said)
    {
        Core.Step.Events.Add(said);
        if (Announcement is { } announcement) announcement.Latest = said;
    }

    protected WatcherEvent Event(string outcome, string? cause) => new()
    {
        Id = Core.Options.NewId(),
        Machine = Machine.Name,
        Time = Core.Clock.Wall,
        Cause = cause,
        Definition = Machine.Definition,
        State = Machine.State,
        Watcher = Name,
        WatcherType = Definition.Type,
        Outcome = outcome,
    };

    /// <summary>The window over which first looks are spread.</summary>
    protected static TimeSpan Spread => TimeSpan.FromSeconds(10);

    /// <summary>How a run without a status ended, in the words of watcher events.</summary>
    protected static string OutcomeOf(RunOutcome outcome) => outcome.Reason switch
    {
        "exit" when outcome.Status == CheckStatus.Ok && outcome.ExitCode is null or 0 => "success",
        "exit" or "bad_exit" or "signal" => "failure",
        "timeout" => "timeout",
        _ => "error",
    };

    protected static bool IsSuspect(string reason) => reason is "timeout" or "stuck" or "output_limit";
}

/// <summary>The latest event of a watcher, to be repeated.</summary>
internal sealed class Announcement(long due)
{
    public long Due { get; set; } = due;

    public MachineEvent? Latest { get; set; }
}

/// <summary>What a watcher is told when its machine enters a state in which it is active.</summary>
internal readonly record struct Entry(EntryKind Kind, Trigger Trigger)
{
    /// <summary>It was active before, too.</summary>
    public bool WasActive { get; init; }

    /// <summary>State before, of transitions.</summary>
    public string From { get; init; } = "";

    /// <summary>The check's own result moved the machine.</summary>
    public bool ByOwnResult { get; init; }
}

internal enum EntryKind
{
    /// <summary>First sight, or a start in the initial state.</summary>
    Start,
    Transition,
    /// <summary>A foreign state became what it must be.</summary>
    Foreign,
    /// <summary>The watcher is new or changed.</summary>
    Reload,
}
