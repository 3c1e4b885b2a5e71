using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Machines.Watchers;

namespace Scout.Machines.Hosting;

/// <summary>
/// All machines of a node, driven from outside: every method is one input, handled whole on the caller's thread, whose effects go to the
/// <see cref="IStepSink"/> before it returns. Not thread-safe on purpose: one loop owns it.
/// </summary>
public sealed class MachineHost
{
    // The wall clock is looked at at least so often, so that a step is noticed (machines.md 6.3).
    private const long WallPace = 30 * TimeSpan.TicksPerSecond;

    private readonly HostCore core;
    private readonly CommandDesk commands;
    private readonly Reloads reloads;
    private long wallDue = HostClock.Never;

    /// <summary>Makes a host without machines; nothing is due yet.</summary>
    public MachineHost(MachineHostOptions options, IStepSink sink)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sink);
        core = new HostCore(options, sink);
        commands = new CommandDesk(core);
        reloads = new Reloads(core);
    }

    /// <summary>
    /// Monotonic timestamp (of the options' <see cref="TimeProvider"/>) at which <see cref="Tick"/> is wanted next; <see cref="long.MaxValue"/> for never.
    /// Wall deadlines are looked at at least every 30 s.
    /// </summary>
    public long NextDue => core.Clock.ToTimestamp(Due);

    public int Count => core.Roster.Count;

    /// <summary>Runs under way: asked for and not ended.</summary>
    public int RunsUnderWay => core.Runs.UnderWay;

    /// <summary>What was refused, skipped and held back since the host was made.</summary>
    public HostCounters Counters => core.Counters;

    private long Due => Math.Min(Math.Min(core.Agenda.First?.AgendaDue ?? HostClock.Never, wallDue), reloads.Due);

    /// <summary>First input of a life: the stored records, then the definitions. Deadlines passed meanwhile come first.</summary>
    public void Start(IEnumerable<MachineRecord> records, DefinitionBatch batch)
    {
        Begin();
        reloads.Start(records, batch);
        wallDue = core.Clock.Now + WallPace;
        while (core.Agenda.First is { } machine && machine.AgendaDue < core.Clock.Now) HandleDue(machine);
    }

    /// <summary>A reload.</summary>
    public void Apply(DefinitionBatch batch)
    {
        Begin();
        reloads.Apply(batch);
    }

    /// <summary>Everything that is due up to now.</summary>
    public void Tick()
    {
        Begin();
        if (wallDue <= core.Clock.Now) wallDue = core.Clock.Now + WallPace;
        if (reloads.Due <= core.Clock.Now) reloads.Erase();
        while (core.Agenda.First is { } machine && machine.AgendaDue <= core.Clock.Now) HandleDue(machine);
    }

    /// <summary>A run ended. Unknown ids (machine deleted meanwhile) are dropped.</summary>
    public void Complete(RunOutcome outcome)
    {
        Begin();
        core.Runs.Complete(outcome);
        core.Commit();
    }

    /// <summary>A run that was asked for was never started, because the node stops: it counts for nothing, also against no budget.</summary>
    public void Withdraw(long run)
    {
        Begin();
        core.Runs.Withdraw(run);
        core.Commit();
    }

    /// <summary>The start of a run could not be written: it was not started, and waits until that can be, while it is still wanted.</summary>
    public void Postpone(long run)
    {
        Begin();
        core.Runs.Postpone(run);
        core.Commit();
    }

    /// <summary>A person's command; the reply goes to the sink with the step and is returned.</summary>
    public CommandReply Execute(MachineCommand command)
    {
        Begin();
        CommandReply reply = commands.Execute(command);
        core.Commit(reply);
        return reply;
    }

    /// <summary>The answer of a command that would be refused now; null when it would be done. Nothing changes.</summary>
    public CommandReply? Refusal(MachineCommand command)
    {
        Begin();
        return commands.Refusal(command);
    }

    /// <summary>The store is back after failing: counted runs that waited may start.</summary>
    public void Recovered()
    {
        Begin();
        foreach (LiveMachine machine in core.Roster.All)
        {
            if (machine.Queue is null) continue;
            core.Want(machine);
            core.Commit();
        }
    }

    /// <summary>Repeats the <c>state</c> event of these machines (hourly, and after a reconnect).</summary>
    public void Repeat(IEnumerable<string> machines)
    {
        Begin();
        foreach (string name in machines)
        {
            if (core.Roster.Find(name) is { } machine) core.SayState(machine, "repeat", null, null);
        }

        core.Commit();
    }

    /// <summary>The public record of a machine, or null.</summary>
    public MachineView? Find(string machine) => core.Roster.Find(machine)?.View(core.Clock);

    /// <summary>The public records of all machines, by name in ordinal order.</summary>
    public IReadOnlyList<MachineView> Views()
    {
        var views = new List<MachineView>(core.Roster.Count);
        foreach (LiveMachine machine in core.Roster.All) views.Add(machine.View(core.Clock));
        return views;
    }

    /// <summary>Replaces the data of a machine; only simulations do, to begin somewhere.</summary>
    internal void PutData(string machine, string data)
    {
        Begin();
        if (core.Roster.Find(machine) is { } live)
        {
            core.Visit(live);
            live.Record = live.Record with { Data = data };
        }

        core.Commit();
    }

    /// <summary>Fires what is subscribed to a transition of a machine, as if it performed it; only simulations do, for machines that are not there.</summary>
    internal void Pretend(string machine, string transition)
    {
        Begin();
        string cause = core.Options.NewId().ToString();
        foreach (Subscriber subscriber in core.Roster.Subscribers(machine, transition))
        {
            core.FollowUp(new FireFollowUp(subscriber.Machine, subscriber.Transition.Name, subscriber.Transition, new Move("subscription", cause, true)));
        }

        core.Commit();
    }

    /// <summary>Reads the clocks; a step of the wall clock is an input of its own that comes first.</summary>
    private void Begin()
    {
        if (!core.Clock.Read()) return;
        core.Counters.ClockSteps++;
        foreach (LiveMachine machine in core.Roster.All)
        {
            core.Visit(machine);
            core.Deadlines.Look(machine);
            foreach (LiveWatcher watcher in machine.Watchers)
            {
                if (watcher.Active) watcher.ClockStepped();
            }

            core.Commit();
        }
    }

    /// <summary>The one thing of a machine that is due first; the machine's own deadlines before its watchers, these in file order.</summary>
    private void HandleDue(LiveMachine machine)
    {
        long due = machine.AgendaDue;
        core.Visit(machine);
        if (machine.DeadlineDue == due) core.Deadlines.Look(machine);
        else if (machine.StartDue == due) core.Moves.Awaken(machine);
        else if (machine.Limiter is { } limiter && limiter.Due == due) core.Moves.LimiterDue(machine);
        else HandleWatcher(machine, due);
        core.Commit();
    }

    private void HandleWatcher(LiveMachine machine, long due)
    {
        foreach (LiveWatcher watcher in machine.Watchers)
        {
            if (watcher.Due == due)
            {
                watcher.BecomeDue();
                return;
            }

            if (watcher.Announcement is { } announcement && announcement.Due == due)
            {
                Announcements.Repeat(core, watcher, announcement);
                return;
            }
        }
    }
}
