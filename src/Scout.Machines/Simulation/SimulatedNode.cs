using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Simulated;

/// <summary>
/// One node in virtual time: the host of the product over a store that is a dictionary and runs that are answers. What is committed survives
/// <see cref="Crash"/>, all else is lost.
/// </summary>
public sealed class SimulatedNode : IStepSink
{
    private readonly Simulation simulation;
    private readonly MachineHostOptions options;
    private readonly Dictionary<string, MachineRecord> records = new(StringComparer.Ordinal);
    private readonly HashSet<long> cancelled = [];
    private readonly List<Step> held = [];
    private DefinitionBatch batch;
    private MachineHost? host;
    private bool canCommit = true;

    internal SimulatedNode(Simulation simulation, MachineHostOptions options, IEnumerable<MachineDefinition> definitions)
    {
        this.simulation = simulation;
        this.options = options;
        batch = new DefinitionBatch([.. definitions], new Dictionary<string, string>());
    }

    public string Name => options.Node;

    /// <summary>The host of the present life.</summary>
    public MachineHost Host => host ?? throw new InvalidOperationException("the node is down");

    public bool IsUp => host is not null;

    /// <summary>What is on disk.</summary>
    public IReadOnlyDictionary<string, MachineRecord> Records => records;

    /// <summary>Answers the runs of this node; the simulation's when null.</summary>
    public Func<RunRequest, Answer>? Answers { get; set; }

    /// <summary>Sees each step as it is committed; the step is reused afterwards.</summary>
    public Action<Step, CommandReply?>? Watch { get; set; }

    /// <summary>Sees each run as it starts.</summary>
    public Action<RunRequest>? Started { get; set; }

    /// <summary>Counts lives, so that the answers to runs of an earlier one are lost.</summary>
    internal int Life { get; private set; }

    /// <summary>Where the node stands in the queue of the simulation.</summary>
    internal long Scheduled { get; set; } = long.MaxValue;

    public bool CanCommit => canCommit;

    public string? DegradedReason => canCommit ? null : "no space left on device";

    /// <summary>Starts the node with what is on disk.</summary>
    public void Start()
    {
        if (host is not null) throw new InvalidOperationException("the node is up");
        Life++;
        host = new MachineHost(options, this);
        host.Start([.. records.Values], batch);
        simulation.Schedule(this);
    }

    /// <summary>Kills the node: runs under way and everything not committed are lost.</summary>
    public void Crash()
    {
        host = null;
        held.Clear();
        canCommit = true;
        cancelled.Clear();
        Scheduled = long.MaxValue;
    }

    public CommandReply Execute(MachineCommand command)
    {
        CommandReply reply = Host.Execute(command);
        simulation.Schedule(this);
        return reply;
    }

    /// <summary>Reloads: all definitions of the node, and the errors of files that turned bad.</summary>
    public void Apply(IEnumerable<MachineDefinition> definitions, IReadOnlyDictionary<string, string>? errors = null)
    {
        batch = new DefinitionBatch([.. definitions], errors ?? new Dictionary<string, string>());
        if (host is null) return;
        host.Apply(batch);
        simulation.Schedule(this);
    }

    /// <summary>The store fails: steps are held in memory.</summary>
    public void FailStore() => canCommit = false;

    /// <summary>The store is back: what was held is committed.</summary>
    public void RecoverStore()
    {
        canCommit = true;
        foreach (Step step in held)
        {
            Store(step);
            Watch?.Invoke(step, null);
        }

        held.Clear();
        host?.Recovered();
        simulation.Schedule(this);
    }

    void IStepSink.Take(Step step, CommandReply? reply)
    {
        if (canCommit)
        {
            Store(step);
            Watch?.Invoke(step, reply);
        }
        else
        {
            held.Add(Copy(step));
        }

        foreach (long id in step.Cancels) cancelled.Add(id);
        foreach (RunRequest request in step.Starts)
        {
            Started?.Invoke(request);
            simulation.Run(this, request);
        }
    }

    /// <summary>Puts a record on disk before the first start.</summary>
    internal void Seed(MachineRecord record) => records[record.Name] = record;

    internal void PutData(string machine, string data)
    {
        Host.PutData(machine, data);
        simulation.Schedule(this);
    }

    internal void Pretend(string machine, string transition)
    {
        Host.Pretend(machine, transition);
        simulation.Schedule(this);
    }

    internal void Tick()
    {
        host?.Tick();
        simulation.Schedule(this);
    }

    internal void Complete(int life, RunRequest request, Answer answer, DateTimeOffset startedAt)
    {
        if (life != Life || host is null || cancelled.Remove(request.Id)) return;
        host.Complete(answer.ToOutcome(request, startedAt));
        simulation.Schedule(this);
    }

    private static Step Copy(Step step)
    {
        var copy = new Step { MustSync = step.MustSync };
        copy.Changed.AddRange(step.Changed);
        copy.Erased.AddRange(step.Erased);
        copy.Events.AddRange(step.Events);
        copy.Forced.AddRange(step.Forced);
        return copy;
    }

    private void Store(Step step)
    {
        foreach (MachineRecord record in step.Changed) records[record.Name] = record;
        foreach (string name in step.Erased) records.Remove(name);
    }
}
