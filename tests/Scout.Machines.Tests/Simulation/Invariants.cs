using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Machines.Simulated;

namespace Scout.Machines.Tests.Simulated;

/// <summary>What must hold whatever happens to a node (reliability.md R15), watched step by step.</summary>
internal sealed class Invariants
{
    private readonly SimulatedNode node;
    private readonly Simulation simulation;
    private readonly Dictionary<string, string> states = [];
    private readonly Dictionary<string, StateEvent> said = [];
    private readonly HashSet<string> causes = [];
    private readonly Dictionary<string, long> running = [];
    private readonly Dictionary<(string Machine, string Watcher), Queue<DateTimeOffset>> counted = [];
    private readonly int seed;

    public Invariants(Simulation simulation, SimulatedNode node, int seed, bool clockIsHonest = true)
    {
        this.simulation = simulation;
        this.node = node;
        this.seed = seed;
        ClockIsHonest = clockIsHonest;
        node.Watch = Watch;
        node.Started = Started;
    }

    /// <summary>Nobody steps the clock: budgets can be counted by it.</summary>
    public bool ClockIsHonest { get; }

    public long Transitions { get; private set; }

    public long Runs { get; private set; }

    public List<string> Tape { get; } = [];

    /// <summary>The answers of runs pass here, so that their end is known.</summary>
    public Answer Ends(RunRequest request, Answer answer)
    {
        TimeSpan takes = answer.Takes < request.Timeout ? answer.Takes : request.Timeout;
        running[request.Machine] = simulation.Time.Now + takes.Ticks;
        return answer;
    }

    public void Crashed() => running.Clear();

    public void Requested(string request) => causes.Add(request);

    /// <summary>Holds whenever nothing is left to do at this moment.</summary>
    public void AtRest()
    {
        if (!node.IsUp) return;
        DateTimeOffset now = simulation.Time.GetUtcNow();
        foreach (MachineView view in node.Host.Views())
        {
            if (!node.CanCommit) break;
            // A moment for the clock having been stepped: at most 30 s (machines.md 6.3).
            TimeSpan grace = ClockIsHonest ? TimeSpan.Zero : TimeSpan.FromSeconds(30);
            if (view.Record.Maintenance?.Until is { } until) Check(until > now - grace, view.Name, $"maintenance until {until:O} at {now:O}");
            Check(view.State == States.Maintenance == view.Record.Maintenance is not null, view.Name, "maintenance record and state differ");
            Check(view.State == States.ForceCheck == view.Record.ForcedFrom is not null, view.Name, "forced_from and state differ");
            Check(said[view.Name].View.State == view.State, view.Name, "the last state event shows another state");
            Check(said[view.Name].View.Soft == view.Soft, view.Name, $"the last state event shows {said[view.Name].View.Soft}, it is {view.Soft}");
            Check(Equals(said[view.Name].View.Record.Maintenance, view.Record.Maintenance), view.Name, "the last state event shows another maintenance");
            Check(Equals(said[view.Name].View.Record.Acknowledgement, view.Record.Acknowledgement), view.Name, "the last state event shows another acknowledgement");
            Check(view.Definition.Table.States.Contains(view.State), view.Name, $"no such state {view.State}");
            Check(ReferenceEquals(node.Records[view.Name], view.Record), view.Name, "the record on disk is another one");
        }

        Check(node.Host.NextDue > simulation.Time.Now, "host", "something is still due");
    }

    private void Watch(Step step, CommandReply? reply)
    {
        foreach (MachineEvent one in step.Events)
        {
            Check(causes.Add(one.Id.ToString()), one.Machine, "an id twice");
            if (one.Cause is { } cause) Check(causes.Contains(cause), one.Machine, $"the cause {cause} does not exist");
            switch (one)
            {
                case TransitionEvent moved:
                    Transitions++;
                    if (Tape.Count < 100_000) Tape.Add($"{simulation.Time.Now / 10_000} {moved.Machine} {moved.From}>{moved.To} {moved.Reason}");
                    if (states.TryGetValue(moved.Machine, out string? last)) Check(last == moved.From, moved.Machine, $"from {moved.From}, but it was {last}");
                    Check(moved.Definition.Table.Find(moved.From, moved.Transition)?.Destination == moved.To, moved.Machine, $"{moved.Transition} does not lead from {moved.From} to {moved.To}");
                    Check(moved.From != moved.To, moved.Machine, "a transition to itself was told");
                    Check(step.MustSync, moved.Machine, "a transition without a sync");
                    states[moved.Machine] = moved.To;
                    if (moved.From == States.Maintenance) Forget(moved.Machine);
                    break;
                case StateEvent state:
                    said[state.Machine] = state;
                    if (state.Reason is "state_gone" or "new" or "definition" or "restored" or "deleted") states[state.Machine] = state.View.State;
                    break;
                case WatcherEvent { Announce: false, WatcherType: "timer" or "schedule", Outcome: "started" or "expired" or "on" or "off" } seen:
                    // What left its states was stopped: it sees nothing there.
                    WatcherDefinition watcher = seen.Definition.Watchers.Single(one => one.Name == seen.Watcher);
                    Check(watcher.StateMatch.IsEmpty || watcher.StateMatch.Contains(seen.State), seen.Machine, $"{seen.Watcher} {seen.Outcome} in {seen.State}");
                    break;
                default:
                    break;
            }
        }

        Check(step.Changed.Select(record => record.Name).Distinct().Count() == step.Changed.Count, "step", "a machine twice in one step");
        foreach (string cancelled in step.Cancels.Count > 0 ? step.Events.Select(one => one.Machine) : []) running.Remove(cancelled);
        _ = reply;
    }

    private void Started(RunRequest request)
    {
        Runs++;
        if (running.TryGetValue(request.Machine, out long ends)) Check(ends <= simulation.Time.Now, request.Machine, "two runs at once");
        running[request.Machine] = long.MaxValue;
        // It runs where it is active, and a forced check where it was forced: never in MAINTENANCE (machines.md 5.1, 8).
        if (node.CanCommit && states.TryGetValue(request.Machine, out string? state)) Check(request.State == state, request.Machine, $"a run is told {request.State}, it is {state}");
        bool active = request.WatcherDefinition.StateMatch.IsEmpty || request.WatcherDefinition.StateMatch.Contains(request.State);
        Check(request.Forced ? request.State == States.ForceCheck : active, request.Machine, $"{request.Watcher} runs in {request.State}");
        if (request.WatcherDefinition is not ExecWatcher { MaxRuns: > 0 } exec || !ClockIsHonest) return;
        Check(node.CanCommit, request.Machine, "a counted run started while it could not be counted");
        DateTimeOffset now = simulation.Time.GetUtcNow();
        if (!counted.TryGetValue((request.Machine, request.Watcher), out Queue<DateTimeOffset>? starts)) counted[(request.Machine, request.Watcher)] = starts = new();
        while (starts.TryPeek(out DateTimeOffset oldest) && now - oldest >= exec.Per) starts.Dequeue();
        starts.Enqueue(now);
        Check(starts.Count <= exec.MaxRuns, request.Machine, $"{starts.Count} runs of {request.Watcher} in {exec.Per}, at most {exec.MaxRuns}");
    }

    private void Forget(string machine)
    {
        foreach ((string Machine, string Watcher) key in counted.Keys.Where(key => key.Machine == machine).ToArray()) counted.Remove(key);
    }

    private void Check(bool holds, string machine, string what)
    {
        if (!holds) throw new InvalidOperationException($"seed {seed}, {TimeSpan.FromTicks(simulation.Time.Now)}, {machine}: {what}\n{string.Join('\n', Tape.TakeLast(12))}");
    }
}
