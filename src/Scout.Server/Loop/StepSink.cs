using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Server.Events;
using Scout.Server.Store;
using EventKind = Scout.Server.Store.EventKind;

namespace Scout.Server.Loop;

/// <summary>
/// Takes the effects of each input from the host: encodes the events, hands state and events to the journal as one commit, and lets runs start and
/// answers leave when they may (machines.md 5.2). Lives on the loop.
/// </summary>
internal sealed class StepSink : IStepSink, IDisposable
{
    private readonly string node;
    private readonly INodeJournal journal;
    private readonly Action<Action> post;
    private readonly EventWriter writer = new();
    private Batch? batch;

    /// <param name="node">Name of the node.</param>
    /// <param name="journal">Where steps go.</param>
    /// <param name="post">Brings a call back to the loop.</param>
    public StepSink(string node, INodeJournal journal, Action<Action> post)
    {
        this.node = node;
        this.journal = journal;
        this.post = post;
    }

    /// <summary>Starts a run.</summary>
    public Action<RunRequest> Start { get; set; } = static _ => { };

    /// <summary>Puts off a run whose start is not on disk.</summary>
    public Action<long> Postpone { get; set; } = static _ => { };

    /// <summary>Ends a run.</summary>
    public Action<long> Cancel { get; set; } = static _ => { };

    /// <summary>A forced run was applied and is on disk.</summary>
    public Action<ForcedResult> Forced { get; set; } = static _ => { };

    /// <summary>Sees each step before it is committed: counters, metric values.</summary>
    public Action<Step> Seen { get; set; } = static _ => { };

    /// <summary>Sees each row of the audit as it goes to the journal.</summary>
    public Action<DateTimeOffset, AuditData> Audited { get; set; } = static (_, _) => { };

    public bool CanCommit => journal.CanCommit;

    public string? DegradedReason => journal.DegradedReason;

    /// <summary>The last sequence that was given out.</summary>
    public EventSequence LastSequence => new(journal.Epoch, journal.LastSequence);

    /// <summary>Events that had to be cut to fit.</summary>
    public long EventsCut => writer.Cut;

    public void Take(Step step, CommandReply? reply)
    {
        if (step.IsEmpty && !step.MustSync) return;
        Seen(step);
        Batch target = batch ?? new Batch();
        foreach (MachineRecord record in step.Changed) target.Change(record);
        target.Commit.Erased.AddRange(step.Erased);
        foreach (MachineEvent one in step.Events) target.Commit.Events.Add(Encode(one));
        target.Effects.Add(step);
        if (batch is null) Commit(target);
    }

    /// <summary>Makes one commit of all steps until <see cref="End"/>: a command over many machines is one record, whole or not at all.</summary>
    public void Begin() => batch = new Batch();

    /// <summary>Puts a row of the audit into what was begun.</summary>
    /// <param name="audit">What was decided.</param>
    /// <param name="id">Of the row.</param>
    /// <param name="now">Wall clock.</param>
    public void Audit(AuditData audit, Guid id, DateTimeOffset now)
    {
        StoredEvent row = OfNode(EventTypes.Audit, id, now, audit, journal.ReserveSequence(), cause: audit.Request.Length > 0 ? audit.Request : null);
        batch!.Commit.Events.Add(row with { Audits = audit.More > 0 ? [StoredEvent.AnyMachine] : audit.Machines is { } names ? [.. names] : [] });
        Audited(now, audit);
    }

    /// <summary>Commits what came since <see cref="Begin"/>.</summary>
    /// <param name="request">An outcome to remember, or null.</param>
    /// <param name="settled">See <see cref="StepEffects.Settled"/>.</param>
    public void End(KnownRequest? request, Action<string?> settled)
    {
        Batch done = batch!;
        batch = null;
        done.Commit.Request = request;
        done.Effects.Settled = settled;
        done.Effects.MustSync = true;
        Commit(done);
    }

    /// <summary>Commits an event of the node itself, such as <c>startup</c>.</summary>
    public void Tell(string type, Guid id, DateTimeOffset time, EventData data)
    {
        var alone = new Batch();
        alone.Commit.Events.Add(OfNode(type, id, time, data, journal.ReserveSequence()));
        Commit(alone);
    }

    /// <summary>An event of the node itself, encoded under a given sequence.</summary>
    public StoredEvent OfNode(string type, Guid id, DateTimeOffset time, EventData data, long sequence, string? cause = null) => Encode(
        new ScoutEvent
        {
            Id = id,
            Node = node,
            Machine = Names.NodeItself,
            Type = type,
            Time = time,
            Sequence = new EventSequence(journal.Epoch, sequence),
            CausationId = cause,
            Data = data,
        },
        EventTypes.KindOf(type) is null ? EventKind.Lifecycle : EventKind.Watcher,
        routine: false);

    public void Dispose() => writer.Dispose();

    private void Commit(Batch done)
    {
        StepEffects effects = done.Effects;
        if (effects.MustSync && !effects.IsEmpty)
        {
            journal.Commit(done.Commit, sync: true, state => post(() => Reached(effects, state)));
            return;
        }

        // A check does not wait for the disk: its start is no effect that must be counted.
        journal.Commit(done.Commit, sync: false, done: null);
        Release(effects);
    }

    private void Reached(StepEffects effects, CommitState state)
    {
        if (state == CommitState.Done)
        {
            Release(effects);
            return;
        }

        // The disk refuses: checks that wait for it go on, commands are put off, and who waits for an answer is told. A run put off holds up no other of its machine.
        RunRequest[] starts = [.. effects.Starts];
        effects.Starts.Clear();
        foreach (RunRequest request in starts)
        {
            if (request.Kind == RunKind.Exec) Postpone(request.Id);
            else Start(request);
        }

        Settle(effects, journal.DegradedReason ?? "the store cannot write");
    }

    private void Release(StepEffects effects)
    {
        foreach (long id in effects.Cancels) Cancel(id);
        foreach (RunRequest request in effects.Starts) Start(request);
        // A disk that recovers in that very moment may say that it has written before it says that it waits.
        effects.Starts.Clear();
        foreach (ForcedResult result in effects.Forced) Forced(result);
        Settle(effects, null);
    }

    private static void Settle(StepEffects effects, string? why)
    {
        Action<string?>? settled = effects.Settled;
        effects.Settled = null;
        settled?.Invoke(why);
    }

    private StoredEvent Encode(MachineEvent one)
    {
        EventKind kind = one switch
        {
            TransitionEvent => EventKind.Transition,
            CheckEvent => EventKind.Check,
            StateEvent => EventKind.State,
            _ => EventKind.Watcher,
        };
        var sequence = new EventSequence(journal.Epoch, journal.ReserveSequence());
        return Encode(WireEvents.Of(one, node, sequence), kind, routine: one is CheckEvent { Status: Machines.CheckStatus.Ok });
    }

    private StoredEvent Encode(ScoutEvent one, EventKind kind, bool routine) => new()
    {
        Sequence = one.Sequence!.Value.Counter,
        Subject = one.Subject,
        Id = one.Id,
        Stream = one.Stream,
        Machine = one.Machine,
        Kind = kind,
        Time = one.Time,
        Bytes = writer.Write(one).ToArray(),
        Routine = routine,
        Report = one.Type == EventTypes.Outbox,
    };

    private sealed class Batch
    {
        private Dictionary<string, int>? places;

        public StoreCommit Commit { get; } = new();

        public StepEffects Effects { get; } = new();

        /// <summary>Of one machine only the last record counts.</summary>
        public void Change(MachineRecord record)
        {
            places ??= new Dictionary<string, int>(StringComparer.Ordinal);
            if (places.TryGetValue(record.Name, out int place))
            {
                Commit.Machines[place] = record;
                return;
            }

            places.Add(record.Name, Commit.Machines.Count);
            Commit.Machines.Add(record);
        }
    }
}
