using Scout.Machines.Definitions;

namespace Scout.Machines.Analysis;

/// <summary>A transition that something other than a person can fire from a state.</summary>
/// <param name="From">The state.</param>
/// <param name="Transition">Allowed there; may lead to the same state.</param>
/// <param name="By">The watcher, <c>subscription</c> or <c>window</c>.</param>
internal readonly record struct AutomaticMove(string From, Transition Transition, string By);

/// <summary>What moves a machine without a person (machines.md 11.2). Foreign states are taken to hold at some time.</summary>
internal static class AutomaticMoves
{
    public const string ForceCheck = "FORCE_CHECK";
    public const string Maintenance = "MAINTENANCE";

    private static readonly string[] Results = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

    /// <summary>Every move, by state in table order, then watcher in file order.</summary>
    public static List<AutomaticMove> Of(MachineDefinition machine)
    {
        var moves = new List<AutomaticMove>();
        foreach (string state in machine.Table.States)
        {
            foreach (WatcherDefinition watcher in machine.Watchers)
            {
                foreach (string name in Fires(watcher, state))
                {
                    if (machine.Table.Find(state, name) is { } transition) moves.Add(new AutomaticMove(state, transition, watcher.Name));
                }
            }

            foreach (Transition transition in machine.Table.Allowed(state))
            {
                if (transition.Subscribe.Length > 0) moves.Add(new AutomaticMove(state, transition, "subscription"));
                else if (machine.MaintenanceWindows.Length > 0 && transition.Name is Maintenance or "RESUME")
                    moves.Add(new AutomaticMove(state, transition, "window"));
            }
        }

        return moves;
    }

    /// <summary>The names that a watcher fires when it looks in a state; none where it is not active.</summary>
    public static IEnumerable<string> Fires(WatcherDefinition watcher, string state)
    {
        if (watcher is NagiosWatcher check)
        {
            // Entry into FORCE_CHECK runs the check whatever state_match says; without an interval nothing else does.
            return state == ForceCheck || (check.Interval is not null && IsActive(watcher, state)) ? Results : [];
        }

        return IsActive(watcher, state) ? Transitions(watcher) : [];
    }

    /// <summary>Foreign states aside.</summary>
    public static bool IsActive(WatcherDefinition watcher, string state) => watcher.StateMatch.Length == 0 || watcher.StateMatch.Contains(state);

    /// <summary>The transitions that a watcher names; of a check the four results.</summary>
    public static IEnumerable<string> Transitions(WatcherDefinition watcher)
    {
        if (watcher is NagiosWatcher) return Results;
        return new[] { watcher.SuccessTransition, watcher.FailTransition }.OfType<string>().Distinct();
    }

    /// <summary>All states that lead to one of the targets by these moves, the targets included.</summary>
    public static HashSet<string> LeadingTo(string target, IEnumerable<AutomaticMove> moves)
    {
        ILookup<string, string> into = moves.ToLookup(move => move.Transition.Destination, move => move.From);
        var found = new HashSet<string>(StringComparer.Ordinal) { target };
        var next = new Queue<string>(found);
        while (next.TryDequeue(out string? state))
        {
            foreach (string from in into[state])
            {
                if (found.Add(from)) next.Enqueue(from);
            }
        }

        return found;
    }
}
