using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;

namespace Scout.Machines.Simulated;

/// <summary>
/// Nodes in virtual time: no process, no network, no sleeping, and the code of the product. The same seed and the same calls give the same tape, event
/// by event. At one moment runs end before other things fall due, both in the order in which they were asked for.
/// </summary>
public sealed class Simulation
{
    private readonly PriorityQueue<Completion, (long Due, long Order)> completions = new();
    private readonly PriorityQueue<SimulatedNode, (long Due, long Order)> agenda = new();
    private long order;
    private long ids;

    /// <summary>Makes an empty fleet.</summary>
    /// <param name="seed">All chance comes from it.</param>
    /// <param name="start">Wall clock at the beginning; 2030-01-01T00:00:00Z when null.</param>
    public Simulation(int seed = 0, DateTimeOffset? start = null)
    {
        Random = new Random(seed);
        Time = new VirtualTime(start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    public VirtualTime Time { get; }

    /// <summary>The seeded chance of this simulation, also for its answers.</summary>
    public Random Random { get; }

    /// <summary>Answers the runs of nodes that have no answers of their own.</summary>
    public Func<RunRequest, Answer> Answers { get; set; } = static _ => Answer.Ok;

    /// <summary>Inputs handled by all hosts through the simulation.</summary>
    public long Steps { get; private set; }

    /// <summary>Adds a node; it is down until it is started.</summary>
    public SimulatedNode AddNode(string name, IEnumerable<MachineDefinition> definitions, Func<MachineHostOptions, MachineHostOptions>? adjust = null)
    {
        var options = new MachineHostOptions { Node = name, Time = Time, NewId = NextId, GridOrigin = Time.GetUtcNow() };
        return new SimulatedNode(this, adjust?.Invoke(options) ?? options, definitions);
    }

    /// <summary>Moves time; all that falls due up to and including that moment happens.</summary>
    public void Advance(TimeSpan by) => TryAdvance(by, long.MaxValue);

    /// <summary>The same with a limit of inputs; false when it was reached, and time stands where it was.</summary>
    public bool TryAdvance(TimeSpan by, long mostInputs)
    {
        long end = Time.Now + by.Ticks;
        for (long inputs = 0; TryHandleNext(end); inputs++)
        {
            if (inputs >= mostInputs) return false;
        }

        Time.MoveTo(end);
        return true;
    }

    /// <summary>Handles what is due now, without moving time.</summary>
    public void Settle() => Advance(TimeSpan.Zero);

    internal void Schedule(SimulatedNode node)
    {
        if (!node.IsUp) return;
        long due = node.Host.NextDue;
        if (due == node.Scheduled) return;
        node.Scheduled = due;
        if (due != long.MaxValue) agenda.Enqueue(node, (due, ++order));
    }

    internal void Run(SimulatedNode node, RunRequest request)
    {
        Answer answer = (node.Answers ?? Answers)(request);
        TimeSpan takes = answer.Takes < request.Timeout ? answer.Takes : request.Timeout;
        completions.Enqueue(new Completion(node, node.Life, request, answer, Time.GetUtcNow()), (Time.Now + answer.Waits.Ticks + takes.Ticks, ++order));
    }

    private bool TryHandleNext(long end)
    {
        while (agenda.TryPeek(out SimulatedNode? stale, out (long Due, long Order) place) && stale.Scheduled != place.Due) agenda.Dequeue();
        long due = agenda.TryPeek(out SimulatedNode? node, out (long Due, long Order) at) ? at.Due : long.MaxValue;
        if (completions.TryPeek(out Completion ended, out (long Due, long Order) when) && when.Due <= due)
        {
            if (when.Due > end) return false;
            completions.Dequeue();
            Time.MoveTo(when.Due);
            Steps++;
            ended.Node.Complete(ended.Life, ended.Request, ended.Answer, ended.StartedAt);
            return true;
        }

        if (due > end || node is null) return false;
        agenda.Dequeue();
        node.Scheduled = long.MaxValue;
        Time.MoveTo(due);
        Steps++;
        node.Tick();
        return true;
    }

    private Guid NextId()
    {
        long id = ++ids;
        return new Guid((int)(id >> 32), (short)(id >> 16), (short)id, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    private readonly record struct Completion(SimulatedNode Node, int Life, RunRequest Request, Answer Answer, DateTimeOffset StartedAt);
}
