using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Records;
using Scout.Machines.Watchers;

namespace Scout.Machines.Hosting;

/// <summary>Machines come, change and go (machines.md 4.2, 5.6). Each machine is its own step; all of them exist before the first one looks around.</summary>
internal sealed class Reloads(HostCore core)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestSplayStart = TimeSpan.FromHours(1);

    // Records of machines whose definition is gone, by name; they wait 10 m for it to come back.
    private readonly Dictionary<string, Gone> gone = new(StringComparer.Ordinal);

    // What the watchers of a changed machine were, until it is opened again.
    private readonly Dictionary<LiveMachine, LiveWatcher[]> replaced = [];

    /// <summary>When the next forgotten record is to be erased, monotonic.</summary>
    public long Due { get; private set; } = HostClock.Never;

    public void Start(IEnumerable<MachineRecord> records, DefinitionBatch batch)
    {
        var stored = new Dictionary<string, MachineRecord>(StringComparer.Ordinal);
        foreach (MachineRecord record in records) stored[record.Name] = record;
        var fresh = new List<(LiveMachine Machine, MachineRecord? Before)>();
        foreach (MachineDefinition definition in InOrder(batch.Definitions))
        {
            stored.Remove(definition.Name, out MachineRecord? before);
            fresh.Add((Build(definition, before, batch, starts: true), before));
        }

        core.Roster.Link();
        foreach ((string name, MachineRecord record) in stored.OrderBy(one => one.Key, StringComparer.Ordinal)) Orphan(name, record);
        foreach ((LiveMachine machine, MachineRecord? before) in fresh) Open(machine, before);
    }

    public void Apply(DefinitionBatch batch)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var fresh = new List<(LiveMachine Machine, MachineRecord? Before)>();
        var changed = new List<(LiveMachine Machine, MachineDefinition Definition)>();
        var same = new List<(LiveMachine Machine, MachineDefinition Definition)>();
        foreach (MachineDefinition definition in InOrder(batch.Definitions))
        {
            names.Add(definition.Name);
            if (core.Roster.Find(definition.Name) is not { } machine)
            {
                MachineRecord? before = gone.Remove(definition.Name, out Gone? kept) ? kept.Record : null;
                fresh.Add((Build(definition, before, batch, starts: false), before));
            }
            else if (machine.Definition.Digest != definition.Digest)
            {
                changed.Add((machine, definition));
            }
            else
            {
                same.Add((machine, definition));
            }
        }

        LiveMachine[] removed = [.. core.Roster.All.ToArray().Where(machine => !names.Contains(machine.Name))];
        foreach (LiveMachine machine in removed) core.Roster.Remove(machine.Name);
        foreach ((LiveMachine machine, MachineDefinition definition) in changed) Swap(machine, definition, batch);
        core.Roster.Link();
        foreach (LiveMachine machine in removed) Close(machine);
        foreach ((LiveMachine machine, _) in changed) Reopen(machine);
        foreach ((LiveMachine machine, MachineRecord? before) in fresh) Open(machine, before);
        foreach ((LiveMachine machine, MachineDefinition definition) in same) Refresh(machine, definition, batch);
        FindDue();
    }

    /// <summary>Erases the records that waited long enough; by the wall clock, as they were marked.</summary>
    public void Erase()
    {
        foreach ((string name, Gone one) in gone.ToArray())
        {
            if (one.EraseAt > core.Clock.Now) continue;
            gone.Remove(name);
            core.Step.Erased.Add(name);
        }

        FindDue();
        core.Commit();
    }

    private LiveMachine Build(MachineDefinition definition, MachineRecord? before, DefinitionBatch batch, bool starts)
    {
        bool stateGone = before is not null && !definition.Table.States.Contains(before.State);
        bool anew = before is null || stateGone || (starts && definition.RestartsInitial && before.State != States.Maintenance);
        MachineRecord record = before ?? new MachineRecord { Name = definition.Name, State = definition.InitialState, Since = core.Clock.Wall };
        if (anew) record = record with { State = definition.InitialState, Since = core.Clock.Wall, ForcedFrom = null, Maintenance = null };
        bool changed = before is not null && before.Digest != definition.Digest;
        var machine = new LiveMachine(definition, record)
        {
            // What is stored already need not be stored again, but a record marked as deleted must be unmarked.
            Committed = before,
            DefinitionError = batch.Errors.GetValueOrDefault(definition.Name),
            Awakening = before is null ? Awakening.FirstSight : anew ? Awakening.Initial : changed ? Awakening.Changed : Awakening.Restart,
            // What was last said of a deleted machine is that it is deleted.
            Said = before is null or { DeletedAt: not null } ? default : PublicMark.Of(before, null),
        };
        Furnish(machine, definition);
        foreach (LiveWatcher watcher in machine.Watchers) watcher.Recall(Memory(record, watcher));
        bool knows = KnowsSubject(machine, record.Check);
        machine.Record = machine.Record with
        {
            Digest = definition.Digest,
            Version = definition.Version,
            DeletedAt = null,
            Check = CheckOf(machine, anew, changed, record.Check),
            Acknowledgement = knows ? record.Acknowledgement : null,
        };
        if (before is not null && machine.Record == before) machine.Record = before;
        core.Roster.Add(machine);
        return machine;
    }

    /// <summary>The machine begins: what passed meanwhile first, then its watchers.</summary>
    private void Open(LiveMachine machine, MachineRecord? before)
    {
        core.Visit(machine);
        bool stateGone = before is not null && machine.Awakening == Awakening.Initial && !machine.Definition.Table.States.Contains(before.State);
        core.Touch(machine, before is null ? "new" : stateGone ? "state_gone" : before.DeletedAt is not null ? "restored" : "definition");
        core.Deadlines.Arm(machine);
        long splay = core.Place(Timing.Placement.Of(core.Options.Node, machine.Name, ""), Min(machine.Definition.SplayStart, LongestSplayStart));
        if (splay == 0) core.Moves.Awaken(machine);
        else machine.StartDue = core.Clock.Now + splay;
        // It may be what others waited for. At a start all of them look for themselves.
        core.Moves.TellForeign(machine.Name, null);
        core.Commit();
    }

    private void Swap(LiveMachine machine, MachineDefinition definition, DefinitionBatch batch)
    {
        LiveWatcher[] old = machine.Watchers;
        MachineRecord record = machine.Record;
        machine.Seal();
        RunDesk.Drop(machine);
        machine.Limiter?.Forget(core.Clock.Now);
        bool stateGone = !definition.Table.States.Contains(record.State);
        machine.Definition = definition;
        machine.DefinitionError = batch.Errors.GetValueOrDefault(definition.Name);
        Furnish(machine, definition);
        machine.Record = machine.Record with { Digest = definition.Digest, Version = definition.Version };
        if (stateGone)
        {
            machine.Record = machine.Record with { State = definition.InitialState, Since = core.Clock.Wall, ForcedFrom = null, Maintenance = null };
            machine.Awakening = Awakening.Initial;
        }

        bool knows = KnowsSubject(machine, record.Check);
        machine.Record = machine.Record with
        {
            Check = CheckOf(machine, stateGone, true, record.Check),
            Acknowledgement = knows ? record.Acknowledgement : null,
        };
        foreach (LiveWatcher watcher in machine.Watchers)
        {
            watcher.Recall(Memory(machine.Record, watcher));
            if (Array.Find(old, one => one.Name == watcher.Name) is { } before && before.Definition.Type == watcher.Definition.Type && !stateGone)
                watcher.Active = before.Active;
        }

        machine.MemoryChanged = true;
        replaced[machine] = old;
    }

    private void Reopen(LiveMachine machine)
    {
        replaced.Remove(machine, out LiveWatcher[]? old);
        core.Visit(machine);
        bool stateGone = machine.Awakening == Awakening.Initial && machine.Awake;
        core.Touch(machine, stateGone ? "state_gone" : "definition");
        core.Deadlines.Arm(machine);
        if (machine.Awake)
        {
            foreach (LiveWatcher watcher in machine.Watchers) watcher.Active = watcher.ShouldBeActive();
            foreach (LiveWatcher watcher in machine.Watchers) Continue(watcher, stateGone ? [] : old ?? []);
            if (stateGone) machine.Awakening = Awakening.Restart;
            if (machine.State == States.ForceCheck) machine.Check?.Force(default);
            else core.Answer(machine, machine.State, null);
        }

        if (stateGone) core.Moves.TellForeign(machine.Name, null);
        core.Commit();
    }

    /// <summary>An unchanged watcher goes on, any other starts as on entry; a check looks within its splay.</summary>
    private static void Continue(LiveWatcher watcher, LiveWatcher[] old)
    {
        LiveWatcher? same = Array.Find(old, one => one.Name == watcher.Name && one.Definition.Type == watcher.Definition.Type);
        bool unchanged = same is not null && (same.Definition.Digest == watcher.Definition.Digest || watcher is LiveCheck);
        bool active = watcher.Active;
        if (unchanged && active == same!.Active)
        {
            watcher.GoOnFrom(same);
            watcher.Active = active;
        }
        else if (active)
        {
            watcher.Enter(new Entry(EntryKind.Reload, default));
        }
    }

    /// <summary>Nothing changed but perhaps the file around it.</summary>
    private void Refresh(LiveMachine machine, MachineDefinition definition, DefinitionBatch batch)
    {
        string? error = batch.Errors.GetValueOrDefault(machine.Name);
        if (machine.Definition.File != definition.File || machine.Definition.Folder != definition.Folder) machine.Definition = definition;
        if (machine.DefinitionError == error) return;
        machine.DefinitionError = error;
        core.Touch(machine, "definition");
        core.Commit();
    }

    private void Close(LiveMachine machine)
    {
        core.Visit(machine);
        foreach (LiveWatcher watcher in machine.Watchers)
        {
            if (watcher.Active) watcher.Stop();
            watcher.Active = false;
        }

        core.Runs.Cancel(machine);
        machine.Seal();
        machine.Record = machine.Record with { DeletedAt = core.Clock.Wall };
        core.Answer(machine, machine.EffectiveState, null);
        core.SayChanges();
        machine.Deleted = true;
        core.SayState(machine, "deleted", null, null);
        core.Step.Changed.Add(machine.Record);
        core.Step.MustSync = true;
        gone[machine.Name] = new Gone(machine.Record, core.Clock.Now + KeptFor.Ticks);
        bool wasDown = machine.IsDown;
        core.Moves.TellForeign(machine.Name, null);
        if (wasDown) core.Moves.TellDependents(machine.Name);
        FindDue();
        core.Commit();
    }

    /// <summary>A record whose definition went while the node was down.</summary>
    private void Orphan(string name, MachineRecord record)
    {
        DateTimeOffset deletedAt = record.DeletedAt is { } stored && stored <= core.Clock.Wall ? stored : core.Clock.Wall;
        gone[name] = new Gone(record with { DeletedAt = deletedAt }, core.Clock.At(deletedAt) + KeptFor.Ticks);
        FindDue();
        if (record.DeletedAt is not null) return;
        var definition = new MachineDefinition
        {
            Name = name,
            Version = record.Version,
            Digest = record.Digest,
            InitialState = record.State,
            Table = new StateTable(record.State, []),
            Watchers = [],
            Folder = "",
            File = "",
        };
        var machine = new LiveMachine(definition, record with { DeletedAt = deletedAt }) { Deleted = true };
        core.SayState(machine, "deleted", null, null);
        core.Step.Changed.Add(machine.Record);
        core.Commit();
    }

    private void Furnish(LiveMachine machine, MachineDefinition definition)
    {
        machine.Watchers = [.. definition.Watchers.Select(watcher => LiveWatchers.Make(core, machine, watcher))];
        machine.Check = machine.Watchers.OfType<LiveCheck>().FirstOrDefault();
    }

    /// <summary>Belief, doubt, ring and last result go on while the check looks at the same thing; else it believes nothing (machines.md 4.2).</summary>
    private static CheckRecord? CheckOf(LiveMachine machine, bool anew, bool changed, CheckRecord? record)
    {
        if (machine.Check is not { } check) return null;
        var definition = (NagiosWatcher)check.Definition;
        if (record is null || !KnowsSubject(machine, record)) return new CheckRecord { Subject = check.SubjectDigest };
        if (anew) record = record with { Fresh = true, Belief = CheckStatus.Ok, DoubtDirection = 0, DoubtCount = 0, DoubtExtreme = CheckStatus.Ok };
        if (!changed) return record;
        Belief cut = Belief.Of(record).CutTo(definition.Attempts, definition.RecoverAttempts);
        bool off = definition.Flapping is null;
        return record with
        {
            DoubtDirection = cut.Direction,
            DoubtCount = cut.Count,
            DoubtExtreme = cut.Extreme,
            Flapping = !off && record.Flapping,
            FlapRing = off ? 0 : record.FlapRing,
        };
    }

    private static bool KnowsSubject(LiveMachine machine, CheckRecord? record) => record is not null && record.Subject == machine.Check?.SubjectDigest;

    private static WatcherRecord? Memory(MachineRecord record, LiveWatcher watcher)
    {
        foreach (WatcherRecord one in record.Watchers)
        {
            if (one.Name != watcher.Name) continue;
            if (one.Digest == watcher.Definition.Digest) return one;
            // A changed watcher starts as on entry, but what it has spent stays spent.
            return watcher is LiveExec ? one with { Digest = watcher.Definition.Digest } : null;
        }

        return null;
    }

    private static IEnumerable<MachineDefinition> InOrder(IReadOnlyList<MachineDefinition> definitions) =>
        definitions.OrderBy(definition => definition.Name, StringComparer.Ordinal);

    private void FindDue()
    {
        Due = HostClock.Never;
        foreach (Gone one in gone.Values) Due = Math.Min(Due, one.EraseAt);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private sealed record Gone(MachineRecord Record, long EraseAt);
}
