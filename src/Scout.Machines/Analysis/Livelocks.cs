using System.Text;
using Scout.Machines.Definitions;

namespace Scout.Machines.Analysis;

/// <summary>
/// Cycles of chained transitions: each caused by the one before, with no clock between (machines.md 5.7). A node is a state together with the
/// transition that entered it, because subscriptions hang on the transition and runs on the state.
/// </summary>
internal static class Livelocks
{
    /// <summary>Reports each knot of nodes that lead to each other once: a warning when no outcome leads out of it, else a note.</summary>
    public static void Check(MachineDefinition machine, SourceMap source, FindingList findings)
    {
        List<Node> nodes = Nodes(machine);
        foreach (List<Node> knot in Knots(nodes))
        {
            List<Node> forced = Forced(knot);
            List<Node> cycle = Cycle(forced.Count > 0 ? forced : knot);
            (int line, int column) = source.State(cycle[0].State);
            string shown = Text(cycle);
            if (forced.Count > 0)
                findings.Add(line, column, Severity.Warning, FindingKind.Livelock, $"a circle that every outcome follows: {shown}", "give a watcher in it a 'cooldown', or let one outcome lead out");
            else
                findings.Add(line, column, Severity.Note, FindingKind.Livelock, $"a circle that some outcomes follow without a pause: {shown}", "a 'cooldown' or 'max_runs' slows it; the runaway limiter holds it in any case");
        }
    }

    private static List<Node> Nodes(MachineDefinition machine)
    {
        var nodes = new List<Node>();
        var byEntry = new Dictionary<(string, Transition), Node>();
        foreach (string from in machine.Table.States)
        {
            foreach (Transition transition in machine.Table.Allowed(from))
            {
                if (transition.Destination == from || byEntry.ContainsKey((transition.Destination, transition))) continue;
                var node = new Node(transition.Destination, transition);
                byEntry.Add((transition.Destination, transition), node);
                nodes.Add(node);
            }
        }

        Node? Follow(string state, string name) =>
            machine.Table.Find(state, name) is { } next && next.Destination != state ? byEntry[(next.Destination, next)] : null;

        foreach (Node node in nodes)
        {
            var subscribed = machine.Table.Allowed(node.State)
                .Where(next => next.Destination != node.State && next.Subscribe.Contains(new Subscription(machine.Name, node.Entry.Name)))
                .Select(next => byEntry[(next.Destination, next)]).ToList();
            foreach (Node next in subscribed) node.Outcomes.Add([next]);
            foreach (WatcherDefinition watcher in machine.Watchers)
            {
                if (OutcomesOnEntry(watcher, node.State) is { } outcomes) node.Outcomes.Add([.. outcomes.Select(name => name is null ? null : Follow(node.State, name))]);
            }
        }

        return nodes;
    }

    /// <summary>The transitions of all outcomes of what a watcher does at once on entry; null when it does nothing then.</summary>
    private static string?[]? OutcomesOnEntry(WatcherDefinition watcher, string state)
    {
        if (watcher is NagiosWatcher) return state == AutomaticMoves.ForceCheck ? ["OK", "WARNING", "CRITICAL", "UNKNOWN"] : null;
        if (!AutomaticMoves.IsActive(watcher, state)) return null;
        return watcher switch
        {
            ExecWatcher { Cooldown.Ticks: 0 } or ScheduleWatcher => [watcher.SuccessTransition, watcher.FailTransition],
            // The third outcome: nothing has changed.
            FileWatcher => [watcher.SuccessTransition, watcher.FailTransition, null],
            _ => null,
        };
    }

    // The largest part that nothing leaves: every outcome of every act stays inside or does nothing, and one act has no outcome that does nothing.
    private static List<Node> Forced(List<Node> knot)
    {
        var left = new HashSet<Node>(knot);
        while (left.RemoveWhere(node =>
            node.Outcomes.Exists(act => act.Exists(next => next is not null && !left.Contains(next)))
            || !node.Outcomes.Exists(act => act.TrueForAll(next => next is not null))) > 0)
        {
        }

        return [.. knot.Where(left.Contains)];
    }

    // Nodes that lead to each other, by removing what nothing leads to or what leads nowhere until it stays; then what one reaches both ways.
    private static IEnumerable<List<Node>> Knots(List<Node> nodes)
    {
        var open = new HashSet<Node>(nodes);
        while (open.RemoveWhere(node => !node.Next.Any(open.Contains)) > 0)
        {
        }

        foreach (Node start in nodes)
        {
            if (!open.Contains(start)) continue;
            HashSet<Node> ahead = Reached(start, open);
            if (!ahead.Contains(start)) continue;
            List<Node> knot = [.. nodes.Where(node => ahead.Contains(node) && Reached(node, open).Contains(start))];
            open.ExceptWith(knot);
            yield return knot;
        }
    }

    private static HashSet<Node> Reached(Node start, HashSet<Node> inside)
    {
        var reached = new HashSet<Node>();
        var next = new Queue<Node>();
        next.Enqueue(start);
        while (next.TryDequeue(out Node? node))
        {
            foreach (Node step in node.Next)
            {
                if (inside.Contains(step) && reached.Add(step)) next.Enqueue(step);
            }
        }

        return reached;
    }

    // A shortest way from the first node back to itself.
    private static List<Node> Cycle(List<Node> knot)
    {
        Node start = knot[0];
        var cameFrom = new Dictionary<Node, Node>();
        var next = new Queue<Node>();
        next.Enqueue(start);
        while (next.TryDequeue(out Node? node))
        {
            foreach (Node step in node.Next)
            {
                if (step == start)
                {
                    var cycle = new List<Node> { start };
                    for (Node at = node; at != start; at = cameFrom[at]) cycle.Insert(1, at);
                    return cycle;
                }

                if (knot.Contains(step) && cameFrom.TryAdd(step, node)) next.Enqueue(step);
            }
        }

        return [start];
    }

    private static string Text(List<Node> cycle)
    {
        var text = new StringBuilder(cycle[0].State);
        for (int i = 1; i <= cycle.Count; i++)
        {
            Node node = cycle[i % cycle.Count];
            text.Append(" -").Append(node.Entry.Name).Append("-> ").Append(node.State);
        }

        return text.ToString();
    }

    private sealed class Node(string state, Transition entry)
    {
        public string State => state;

        public Transition Entry => entry;

        /// <summary>Each act on entry with where its outcomes lead; null where one leads nowhere.</summary>
        public List<List<Node?>> Outcomes { get; } = [];

        public IEnumerable<Node> Next => Outcomes.SelectMany(act => act).OfType<Node>();
    }
}
