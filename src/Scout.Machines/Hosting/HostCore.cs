using Scout.Machines.Records;
using Scout.Machines.Timing;

namespace Scout.Machines.Hosting;

/// <summary>
/// What the parts of the host share: the clock, the step under way, and the order in which the effects of one input happen (machines.md 5.2). Decides
/// nothing about machines itself.
/// </summary>
internal sealed class HostCore
{
    private readonly IStepSink sink;
    private readonly Queue<FollowUp> followUps = new();
    private readonly List<LiveMachine> visited = [];
    private readonly Queue<LiveMachine> wanting = new();
    private readonly List<Touched> touched = [];
    private readonly List<Promise> promises = [];
    private readonly Placement? none;

    public HostCore(MachineHostOptions options, IStepSink sink)
    {
        this.sink = sink;
        Options = options;
        Clock = new HostClock(options.Time);
        if (!options.Splay) none = new Placement(0);
        Roster = new Roster();
        Runs = new RunDesk(this);
        Moves = new Moves(this);
        Deadlines = new Deadlines(this);
    }

    public MachineHostOptions Options { get; }

    public HostClock Clock { get; }

    public Agenda Agenda { get; } = new();

    public Roster Roster { get; }

    public RunDesk Runs { get; }

    public Moves Moves { get; }

    public Deadlines Deadlines { get; }

    public HostCounters Counters { get; } = new();

    /// <summary>Of the input under way.</summary>
    public Step Step { get; } = new();

    public bool CanCommit => sink.CanCommit;

    public string? DegradedReason => sink.DegradedReason;

    public DateTimeOffset GridOrigin => Options.GridOrigin ?? Clock.Made;

    /// <summary>A place in a window, in ticks; 0 in scenarios without splay.</summary>
    public long Place(Placement placement, TimeSpan window) => (none ?? placement).Place(window).Ticks;

    /// <summary>This input concerns the machine: its due times and record may have changed.</summary>
    public void Visit(LiveMachine machine)
    {
        if (machine.Visited) return;
        machine.Visited = true;
        visited.Add(machine);
    }

    /// <summary>The public record may have changed; if so a <c>state</c> event leaves when this part of the input is done.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="reason">For people; the first one that is not empty counts.</param>
    /// <param name="caller">Who did it; null when no person or deadline did.</param>
    /// <param name="cause">Event or request that led to it.</param>
    public void Touch(LiveMachine machine, string reason, string? caller = null, string? cause = null)
    {
        Visit(machine);
        for (int i = 0; i < touched.Count; i++)
        {
            Touched one = touched[i];
            if (one.Machine != machine) continue;
            touched[i] = new Touched(machine, one.Reason.Length > 0 ? one.Reason : reason, one.Caller ?? caller, cause ?? one.Cause);
            return;
        }

        touched.Add(new Touched(machine, reason, caller, cause));
    }

    /// <summary>The machine may have a run to start, at the end of this input.</summary>
    public void Want(LiveMachine machine)
    {
        Visit(machine);
        if (machine.Wanting) return;
        machine.Wanting = true;
        wanting.Enqueue(machine);
    }

    public void FollowUp(FollowUp next) => followUps.Enqueue(next);

    /// <summary>Answers those who wait for the forced check, when its effects are all there.</summary>
    public void Answer(LiveMachine machine, string from, Guid? said)
    {
        if (machine.ForcedRun == 0) return;
        promises.Add(new Promise(machine, machine.ForcedRun, from, said));
        machine.ForcedRun = 0;
    }

    /// <summary>Ends one part of the input: what changed in public is said.</summary>
    public void SayChanges()
    {
        if (touched.Count > 0)
        {
            foreach (Touched one in touched) SayChange(one);
            touched.Clear();
        }

        if (promises.Count == 0) return;
        foreach (Promise promise in promises)
        {
            Step.Forced.Add(new ForcedResult(promise.Number, promise.Machine.Name, promise.From, promise.Machine.View(Clock), promise.Said));
        }

        promises.Clear();
    }

    /// <summary>A <c>state</c> event, whatever changed.</summary>
    public StateEvent SayState(LiveMachine machine, string reason, string? caller, string? cause)
    {
        var said = new StateEvent
        {
            Id = Options.NewId(),
            Machine = machine.Name,
            Time = Clock.Wall,
            Cause = cause,
            Definition = machine.Definition,
            View = machine.View(Clock),
            Reason = reason,
            Caller = caller,
        };
        machine.Said = PublicMark.Of(machine.Record, machine.DefinitionError);
        Step.Events.Add(said);
        return said;
    }

    /// <summary>Handles everything the input leads to, hands the step over and forgets it.</summary>
    public void Commit(CommandReply? reply = null)
    {
        Counters.Inputs++;
        SayChanges();
        while (true)
        {
            if (followUps.TryDequeue(out FollowUp? next))
            {
                Handle(next);
                SayChanges();
            }
            else if (wanting.TryDequeue(out LiveMachine? machine))
            {
                machine.Wanting = false;
                Runs.StartNext(machine);
                SayChanges();
            }
            else
            {
                break;
            }
        }

        foreach (LiveMachine machine in visited)
        {
            machine.Visited = false;
            if (machine.Deleted)
            {
                Agenda.Remove(machine);
                continue;
            }

            machine.Seal();
            if (!ReferenceEquals(machine.Record, machine.Committed))
            {
                machine.Committed = machine.Record;
                Step.Changed.Add(machine.Record);
            }

            Agenda.Place(machine, machine.NextDue());
        }

        visited.Clear();
        if (!Step.IsEmpty || reply is not null) sink.Take(Step, reply);
        Step.Clear();
    }

    private void Handle(FollowUp next)
    {
        if (next.Machine.Deleted) return;
        Visit(next.Machine);
        switch (next)
        {
            case FireFollowUp fire:
                Moves.FireLater(fire);
                break;
            case AnswerFollowUp answer:
                Runs.Answered(answer);
                break;
            case ForeignFollowUp foreign:
                Moves.LookAtForeign(foreign.Machine, foreign.Cause);
                break;
            case ParentBackFollowUp back:
                back.Machine.Check?.LookSoon();
                break;
            default:
                break;
        }
    }

    private void SayChange(Touched one)
    {
        if (one.Machine.Deleted) return;
        PublicMark mark = PublicMark.Of(one.Machine.Record, one.Machine.DefinitionError);
        if (mark != one.Machine.Said) SayState(one.Machine, one.Reason, one.Caller, one.Cause);
    }

    private readonly record struct Touched(LiveMachine Machine, string Reason, string? Caller, string? Cause);

    private readonly record struct Promise(LiveMachine Machine, long Number, string From, Guid? Said);
}
