using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Records;
using Scout.Machines.Watchers;

namespace Scout.Machines.Hosting;

/// <summary>
/// One machine while it runs: its definition, its record, and what need not survive a restart. Small on purpose, there are ten thousand of them;
/// what to do with it is decided elsewhere.
/// </summary>
internal sealed class LiveMachine(MachineDefinition definition, MachineRecord record)
{
    public string Name => Record.Name;

    public MachineDefinition Definition { get; set; } = definition;

    /// <summary>The truth; replaced whole by whoever changes something.</summary>
    public MachineRecord Record { get; set; } = record;

    /// <summary>The record as it was handed to the store last; null when it never was.</summary>
    public MachineRecord? Committed { get; set; }

    /// <summary>In file order.</summary>
    public LiveWatcher[] Watchers { get; set; } = [];

    /// <summary>The one that makes it a check; null when it is none.</summary>
    public LiveCheck? Check { get; set; }

    public string? DefinitionError { get; set; }

    /// <summary>Set while the last run is stuck.</summary>
    public string? NotRunning { get; set; }

    /// <summary>The public record as it was said last.</summary>
    public PublicMark Said { get; set; }

    /// <summary>Under way; a machine has one run at a time.</summary>
    public LiveRun? Running { get; set; }

    /// <summary>First of those that wait, forced ones first.</summary>
    public LiveRun? Queue { get; set; }

    /// <summary>Number under which the result of the forced check is promised; 0 when nobody waits.</summary>
    public long ForcedRun { get; set; }

    /// <summary>Made by the first chained transition.</summary>
    public RunawayLimiter? Limiter { get; set; }

    /// <summary>Next look at the wall deadlines: maintenance, acknowledgement, windows.</summary>
    public long DeadlineDue { get; set; } = HostClock.Never;

    /// <summary>When the watchers start (<c>splay_start</c>).</summary>
    public long StartDue { get; set; } = HostClock.Never;

    /// <summary>False until <see cref="StartDue"/>.</summary>
    public bool Awake { get; set; }

    /// <summary>How the watchers will see their start.</summary>
    public Awakening Awakening { get; set; }

    public bool Deleted { get; set; }

    /// <summary>A watcher remembered something in this input.</summary>
    public bool MemoryChanged { get; set; }

    /// <summary>It is in the list of those that this input concerned.</summary>
    public bool Visited { get; set; }

    /// <summary>It is in the list of those that want to start a run.</summary>
    public bool Wanting { get; set; }

    public int AgendaPlace { get; set; } = -1;

    public long AgendaDue { get; set; } = HostClock.Never;

    public string State => Record.State;

    /// <summary>The state that others count with: a check in progress is no change (machines.md 5.5, 6.4).</summary>
    public string EffectiveState => Record.State == States.ForceCheck ? Record.ForcedFrom ?? Record.State : Record.State;

    /// <summary>Others depend on it and it is not well.</summary>
    public bool IsDown => EffectiveState is States.Critical or States.Maintenance;

    /// <summary>The earliest of all its due times.</summary>
    public long NextDue()
    {
        long due = Math.Min(DeadlineDue, StartDue);
        if (Limiter is { } limiter) due = Math.Min(due, limiter.Due);
        foreach (LiveWatcher watcher in Watchers) due = Math.Min(due, watcher.NextDue);
        return due;
    }

    /// <summary>Puts what the watchers remember into the record.</summary>
    public void Seal()
    {
        if (!MemoryChanged) return;
        MemoryChanged = false;
        ImmutableArray<WatcherRecord>.Builder all = ImmutableArray.CreateBuilder<WatcherRecord>(Watchers.Length);
        foreach (LiveWatcher watcher in Watchers)
        {
            if (watcher.Memory is { } memory) all.Add(memory);
        }

        all.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        Record = Record with { Watchers = all.ToImmutable() };
    }

    public MachineView View(HostClock clock)
    {
        Seal();
        long due = HostClock.Never;
        foreach (LiveWatcher watcher in Watchers) due = Math.Min(due, watcher.Due);
        return new MachineView
        {
            Definition = Definition,
            Record = Record,
            NextDue = clock.WallAt(due),
            DefinitionError = DefinitionError,
            Deleted = Deleted,
            NotRunning = NotRunning,
        };
    }
}

/// <summary>How watchers see that their machine starts (machines.md 5.6).</summary>
internal enum Awakening
{
    /// <summary>Nothing was known of it: an entry.</summary>
    FirstSight,
    /// <summary>Its record goes on: no entry.</summary>
    Restart,
    /// <summary>Its record goes on under another definition: an entry only for watchers that are new.</summary>
    Changed,
    /// <summary>The record says so, but the state begins anew: an entry.</summary>
    Initial,
}
