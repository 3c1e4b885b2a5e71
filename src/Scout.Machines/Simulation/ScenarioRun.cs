using System.Collections.Immutable;
using System.Text.Json;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Machines.Timing;
using Scout.Machines.Watchers;

namespace Scout.Machines.Simulated;

/// <summary>One scenario on one simulated node, from time zero to the first step that is not as wanted.</summary>
internal sealed class ScenarioRun
{
    // Ten years of a check every minute; whoever wants more wants something else.
    private const long MostInputs = 10_000_000;

    private readonly MachineDefinition machine;
    private readonly Scenario scenario;
    private readonly AnswerBinder binder;
    private readonly Coverage coverage;
    private readonly Simulation simulation;
    private readonly SimulatedNode node;
    private readonly ScenarioTape tape;
    private readonly Dictionary<string, List<string>> otherStates;
    private readonly List<MachineDefinition> definitions = [];
    private readonly Dictionary<string, (AnswerList List, int Next)> answers = new(StringComparer.Ordinal);
    private readonly List<MachineEvent> events = [];
    private readonly List<RunRequest> runs = [];
    private readonly List<ScenarioFailure> failures = [];
    private JsonElement facts;
    private JsonElement overrides;
    private long fileMark = 1;
    private int step;
    private ScenarioStep? current;
    private long requests;

    public ScenarioRun(MachineDefinition machine, Scenario scenario, AnswerBinder binder, Coverage coverage)
    {
        ScenarioGiven given = scenario.Given;
        bool starts = given.State is not null && machine.Check is null;
        this.machine = starts ? machine with { InitialState = given.State! } : machine;
        this.scenario = scenario;
        this.binder = binder;
        this.coverage = coverage;
        simulation = new Simulation(0, given.Clock);
        tape = new ScenarioTape(simulation.Time);
        otherStates = StandIns.StatesIn(scenario);
        definitions.Add(this.machine);
        foreach ((string name, string begins) in given.Others) definitions.Add(StandIns.Make(name, begins, otherStates[name]));
        node = simulation.AddNode(given.Node, definitions, options => options with { Splay = given.Splay, Facts = () => facts, Overrides = () => overrides });
        node.Watch = Watch;
        node.Answers = Answer;
        if (given.State is { } state && machine.Check is { } check) node.Seed(StartIn(state, check));
    }

    public ScenarioResult Run()
    {
        Take(scenario.Given);
        node.Start();
        if (scenario.Given.Data is { } data) node.PutData(machine.Name, data);
        if (node.Host.Find(machine.Name) is { } begin) coverage.SeeState(begin.State);
        Advance(TimeSpan.Zero);
        foreach (ScenarioStep next in scenario.Steps)
        {
            if (failures.Count > 0) break;
            step++;
            current = next;
            CommandReply? fired = null;
            if (next.When is { } when)
            {
                events.Clear();
                runs.Clear();
                fired = Happen(when);
            }

            if (failures.Count == 0) Judge(next, fired);
        }

        return new ScenarioResult(scenario, [.. failures], tape.Lines());
    }

    private void Judge(ScenarioStep next, CommandReply? fired)
    {
        var view = new StepView(node.Host.Find(machine.Name)!, simulation.Time.GetUtcNow(), fired, events, runs);
        foreach (Expectation wanted in next.Then)
        {
            if (wanted.Judge(view) is { } mismatch) failures.Add(new ScenarioFailure(step, wanted.Line, wanted.Column, mismatch.Wanted, mismatch.Got));
        }
    }

    /// <summary>What happens in a step, in the order of machines.md 11.1.</summary>
    private CommandReply? Happen(ScenarioWhen when)
    {
        Take(when);
        foreach ((string name, string state) in when.Others) MoveOther(name, state);
        if (when.Data is { } data) node.PutData(machine.Name, data);
        Advance(TimeSpan.Zero);
        foreach ((string name, string transition) in when.OthersFire)
        {
            tape.Note($"{name} performs {transition}");
            node.Pretend(name, transition);
            Advance(TimeSpan.Zero);
        }

        if (when.Restart is { } down)
        {
            tape.Note($"the node goes down for {DurationText.Format(down)}");
            node.Crash();
            Advance(down);
            tape.Note("the node is up again");
            node.Start();
            Advance(TimeSpan.Zero);
        }

        CommandReply? fired = when.Fire is { } name2 ? Fire(name2, when) : null;
        if (when.Acknowledge is { } known)
            Execute(CommandKind.Acknowledge, null, known.Caller, known.Reason, known.For);
        if (when.Advance is { } by) Advance(by);
        return fired;
    }

    private CommandReply Fire(string name, ScenarioWhen when)
    {
        CommandKind kind = name switch
        {
            States.Maintenance when machine.Table.States.Contains(States.Maintenance) => CommandKind.Maintenance,
            States.Resume => CommandKind.Resume,
            States.ForceCheck when machine.Check is not null => CommandKind.Check,
            _ => CommandKind.Transition,
        };
        return Execute(kind, name, when.Caller, when.Reason, when.For);
    }

    private CommandReply Execute(CommandKind kind, string? transition, string caller, string reason, TimeSpan? lasts)
    {
        var command = new MachineCommand
        {
            Kind = kind,
            Machine = machine.Name,
            Caller = caller,
            RequestId = $"request-{++requests}",
            Transition = transition,
            Reason = reason,
            Until = lasts is { } span ? simulation.Time.GetUtcNow() + span : null,
        };
        CommandReply reply = node.Execute(command);
        tape.Note($"{caller} asks for {transition ?? "acknowledge"}: {(reply.Code == CommandCode.Ok ? "done" : reply.Message)}");
        Advance(TimeSpan.Zero);
        return reply;
    }

    private void Advance(TimeSpan by)
    {
        if (simulation.TryAdvance(by, MostInputs)) return;
        failures.Add(new ScenarioFailure(step, current?.Line ?? scenario.Line, current?.Column ?? scenario.Column, "an end", $"more than {MostInputs} inputs in one step"));
    }

    private void Take(ScenarioWorld world)
    {
        foreach (AnswerList list in world.Answers) answers[list.Watcher] = (list, 0);
        if (world.Facts is { } given) facts = given;
        if (world.Overrides is { } over) overrides = over;
    }

    private void MoveOther(string name, string state)
    {
        tape.Note($"{name} is {state}");
        if (node.Host.Find(name) is null)
        {
            definitions.Add(StandIns.Make(name, state, otherStates[name]));
            node.Apply(definitions);
            return;
        }

        node.Execute(new MachineCommand { Kind = CommandKind.Transition, Machine = name, Caller = "scenario", RequestId = $"request-{++requests}", Transition = StandIns.Into(state) });
    }

    private Answer Answer(RunRequest request)
    {
        if (request.Machine != machine.Name) return Simulated.Answer.Hang;
        runs.Add(request);
        if (!answers.TryGetValue(request.Watcher, out (AnswerList List, int Next) given))
        {
            failures.Add(new ScenarioFailure(step, current?.Line ?? scenario.Line, current?.Column ?? scenario.Column, $"an answer for the run of '{request.Watcher}'", "none was given"));
            return Simulated.Answer.Hang;
        }

        WrittenAnswer written = given.List.Answers[given.Next];
        if (given.Next + 1 < given.List.Answers.Length) answers[request.Watcher] = (given.List, given.Next + 1);
        BoundAnswer bound = binder[written];
        tape.Note($"run {request.Watcher}: {written.Word ?? $"exit {written.Exit}{(written.Takes > TimeSpan.Zero ? $" after {DurationText.Format(written.Takes)}" : "")}"}");
        return bound.File switch
        {
            FileAnswer.Changed => Simulated.Answer.FileLike(++fileMark),
            FileAnswer.Present => Simulated.Answer.FileLike(fileMark),
            _ => bound.Answer,
        };
    }

    private void Watch(Step done, CommandReply? reply)
    {
        foreach (MachineEvent one in done.Events)
        {
            if (one.Machine != machine.Name) continue;
            events.Add(one);
            tape.Note(one);
            if (one is not TransitionEvent moved) continue;
            coverage.SeeState(moved.To);
            coverage.SeeTransition(moved.Transition);
        }

        _ = reply;
    }

    /// <summary>A check that is in a state believes what the state says.</summary>
    private MachineRecord StartIn(string state, NagiosWatcher check)
    {
        DateTimeOffset now = simulation.Time.GetUtcNow();
        int status = Array.IndexOf(["OK", "WARNING", "CRITICAL"], state);
        return new MachineRecord
        {
            Name = machine.Name,
            Digest = machine.Digest,
            Version = machine.Version,
            State = state,
            Since = now,
            ForcedFrom = state == States.ForceCheck ? States.Unknown : null,
            Maintenance = state == States.Maintenance ? new MaintenanceRecord("", null, "somebody", now) : null,
            Check = new CheckRecord { Fresh = status < 0, Belief = status < 0 ? CheckStatus.Ok : (CheckStatus)status, Subject = SubjectMark.Of(check) },
        };
    }
}
