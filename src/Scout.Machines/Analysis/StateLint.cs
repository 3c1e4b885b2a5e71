using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Reading;

namespace Scout.Machines.Analysis;

/// <summary>States and transitions that lead nowhere, come from nowhere or are fired by nothing.</summary>
internal static class StateLint
{
    public static void Check(MachineDefinition machine, SourceMap source, FindingList findings)
    {
        HashSet<string> reachable = Structure.Reachable(machine.Table);
        List<AutomaticMove> moves = AutomaticMoves.Of(machine);
        States(machine, source, findings, reachable);
        NeverFired(machine, source, findings, moves, reachable);
        for (int i = 0; i < machine.Watchers.Length; i++) Watcher(machine, i, source, findings, reachable);
        NoRecovery(machine, source, findings, moves, reachable);
    }

    private static void States(MachineDefinition machine, SourceMap source, FindingList findings, HashSet<string> reachable)
    {
        foreach (string state in machine.Table.States)
        {
            (int line, int column) = source.State(state);
            if (!reachable.Contains(state))
                findings.Add(line, column, Severity.Warning, FindingKind.UnreachableState, $"nothing leads to the state '{state}'", "add a transition that leads to it, or take it out");
            // Of these two it is a trap, which reading says.
            else if (state is not (AutomaticMoves.Maintenance or AutomaticMoves.ForceCheck) && machine.Table.Allowed(state).All(transition => transition.Destination == state))
                findings.Add(line, column, Severity.Warning, FindingKind.DeadEnd, $"nothing leads out of the state '{state}'", $"add a transition with 'from: [{state}]'");
        }
    }

    private static void NeverFired(MachineDefinition machine, SourceMap source, FindingList findings, List<AutomaticMove> moves, HashSet<string> reachable)
    {
        var fired = new HashSet<Transition>(moves.Where(move => reachable.Contains(move.From)).Select(move => move.Transition), ReferenceEqualityComparer.Instance);
        for (int i = 0; i < machine.Table.Transitions.Length; i++)
        {
            Transition transition = machine.Table.Transitions[i];
            // These are meant for people.
            if (fired.Contains(transition) || transition.Name is "FORCE_CHECK" or "MAINTENANCE" or "RESUME") continue;
            if (!transition.From.Any(from => ReferenceEquals(machine.Table.Find(from, transition.Name), transition))) continue;
            (int line, int column) = source.Transition(i);
            findings.Add(
                line, column, Severity.Note, FindingKind.NeverFired, $"only a person can fire the transition '{transition.Name}'",
                "name it in a watcher, or subscribe it to another machine, if it should happen by itself");
        }
    }

    private static void Watcher(MachineDefinition machine, int index, SourceMap source, FindingList findings, HashSet<string> reachable)
    {
        WatcherDefinition watcher = machine.Watchers[index];
        if (watcher.StateMatch.Length > 0 && !watcher.StateMatch.Any(reachable.Contains))
        {
            (int line, int column) = source.At(source.Watcher(index).Find("state_match") ?? source.Watcher(index).Find("when"));
            findings.Add(
                line, column, Severity.Warning, FindingKind.NeverActive, $"the watcher '{watcher.Name}' is never active: {Show.List(watcher.StateMatch)} is never reached",
                $"states that are reached: {Show.List(machine.Table.States.Where(reachable.Contains))}");
            return;
        }

        var active = machine.Table.States.Where(state => reachable.Contains(state)
            && (AutomaticMoves.IsActive(watcher, state) || (watcher is NagiosWatcher && state == AutomaticMoves.ForceCheck))).ToList();
        var never = AutomaticMoves.Transitions(watcher).Where(name => !active.Exists(state => machine.Table.Find(state, name) is not null)).ToList();
        foreach (string name in never)
        {
            (int line, int column) = watcher is NagiosWatcher ? source.WatcherName(index)
                : source.At(source.Watcher(index).Find(watcher.SuccessTransition == name ? "success_transition" : "fail_transition"));
            findings.Add(
                line, column, Severity.Warning, FindingKind.FiresNothing, $"the watcher '{watcher.Name}' fires '{name}', which no state allows where it is active",
                $"it is active in {Show.List(active)}; '{name}' is allowed in {Allowing(machine, name)}");
        }
    }

    private static string Allowing(MachineDefinition machine, string name)
    {
        string states = Show.List(machine.Table.States.Where(state => machine.Table.Find(state, name) is not null));
        return states.Length == 0 ? "no state" : states;
    }

    private static void NoRecovery(MachineDefinition machine, SourceMap source, FindingList findings, List<AutomaticMove> moves, HashSet<string> reachable)
    {
        string target = machine.Check is not null && machine.Table.States.Contains("OK") ? "OK" : machine.InitialState;
        HashSet<string> recovering = AutomaticMoves.LeadingTo(target, moves);
        foreach (string state in machine.Table.States)
        {
            if (state == AutomaticMoves.Maintenance || recovering.Contains(state) || !reachable.Contains(state)) continue;
            (int line, int column) = source.State(state);
            findings.Add(
                line, column, Severity.Warning, FindingKind.NoRecovery, $"from the state '{state}' nothing leads back to '{target}' without a person",
                "let a watcher fire a transition there, or mean it so");
        }
    }
}
