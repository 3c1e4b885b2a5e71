using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Machines.Simulated;

namespace Scout.Machines.Tests.Simulated;

/// <summary>One node with a few machines in virtual time, and a tape of what it did. Without splay unless a test wants it: every place is 0.</summary>
internal sealed class Scene
{
    private readonly Dictionary<string, Answer> answers = [];
    private long requests;

    public Scene(IEnumerable<MachineDefinition> definitions, bool splay = false, DateTimeOffset? start = null, Func<MachineHostOptions, MachineHostOptions>? adjust = null)
    {
        Simulation = new Simulation(1, start);
        Simulation.Answers = Answer;
        Node = Simulation.AddNode("node1", definitions, options => (adjust?.Invoke(options) ?? options) with { Splay = splay });
        Node.Watch = Record;
        Node.Started = request => Runs.Add(request);
    }

    public Scene(params MachineDefinition[] definitions)
        : this(definitions, splay: false)
    {
    }

    public Simulation Simulation { get; }

    public SimulatedNode Node { get; }

    public MachineHost Host => Node.Host;

    public List<MachineEvent> Events { get; } = [];

    public List<RunRequest> Runs { get; } = [];

    public List<ForcedResult> Forced { get; } = [];

    public List<long> Cancels { get; } = [];

    public List<string> Erased { get; } = [];

    public int Syncs { get; private set; }

    public DateTimeOffset Now => Simulation.Time.GetUtcNow();

    public IEnumerable<TransitionEvent> Transitions => Events.OfType<TransitionEvent>();

    public IEnumerable<StateEvent> States => Events.OfType<StateEvent>();

    public IEnumerable<CheckEvent> Checks => Events.OfType<CheckEvent>();

    public IEnumerable<WatcherEvent> WatcherEvents => Events.OfType<WatcherEvent>();

    public Scene Start()
    {
        Node.Start();
        Simulation.Settle();
        return this;
    }

    /// <summary>What runs of a watcher answer from now on; the key is <c>machine/watcher</c> or the watcher alone.</summary>
    public Scene Given(string watcher, Answer answer)
    {
        answers[watcher] = answer;
        return this;
    }

    public Scene Advance(double seconds)
    {
        Simulation.Advance(TimeSpan.FromSeconds(seconds));
        return this;
    }

    /// <summary>One answer for each interval of a minute.</summary>
    public Scene Feed(string watcher, string results, double seconds = 60)
    {
        foreach (char c in results)
        {
            Given(watcher, c switch { 'O' => Simulated.Scene.Ok, 'W' => Machines.Simulated.Answer.Warning, 'C' => Machines.Simulated.Answer.Critical, _ => Machines.Simulated.Answer.Unknown });
            Advance(seconds);
        }

        return this;
    }

    public Scene Restart(double downSeconds = 0)
    {
        Node.Crash();
        Advance(downSeconds);
        Node.Start();
        Simulation.Settle();
        return this;
    }

    /// <summary>Forgets the tape so far.</summary>
    public Scene Mark()
    {
        Events.Clear();
        Runs.Clear();
        Forced.Clear();
        Cancels.Clear();
        return this;
    }

    public CommandReply Do(CommandKind kind, string machine, string caller = "anna", string reason = "", TimeSpan? @for = null, string? transition = null)
    {
        CommandReply reply = Node.Execute(new MachineCommand
        {
            Kind = kind,
            Machine = machine,
            Caller = caller,
            RequestId = $"request-{++requests}",
            Reason = reason,
            Until = @for is { } span ? Now + span : null,
            Transition = transition,
        });
        Simulation.Settle();
        return reply;
    }

    public MachineView View(string machine) => Host.Find(machine) ?? throw new InvalidOperationException($"no machine {machine}");

    public string State(string machine) => View(machine).State;

    public MachineRecord Stored(string machine) => Node.Records[machine];

    public int RunsOf(string watcher) => Runs.Count(run => run.Watcher == watcher);

    public static Answer Ok => Machines.Simulated.Answer.Ok;

    private Answer Answer(RunRequest request) =>
        answers.TryGetValue($"{request.Machine}/{request.Watcher}", out Answer? own) ? own
        : answers.TryGetValue(request.Watcher, out Answer? one) ? one
        : request.Kind == RunKind.Plugin ? Ok : Machines.Simulated.Answer.Success;

    private void Record(Step step, CommandReply? reply)
    {
        Events.AddRange(step.Events);
        Forced.AddRange(step.Forced);
        Cancels.AddRange(step.Cancels);
        Erased.AddRange(step.Erased);
        if (step.MustSync) Syncs++;
        _ = reply;
    }
}
