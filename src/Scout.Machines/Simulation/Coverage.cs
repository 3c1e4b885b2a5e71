using System.Collections.Immutable;
using Scout.Machines.Definitions;

namespace Scout.Machines.Simulated;

/// <summary>Which states and transitions of a machine the scenarios of a file have seen.</summary>
internal sealed class Coverage(MachineDefinition machine)
{
    private readonly HashSet<string> states = new(StringComparer.Ordinal);
    private readonly HashSet<string> transitions = new(StringComparer.Ordinal);

    public void SeeState(string state) => states.Add(state);

    public void SeeTransition(string transition) => transitions.Add(transition);

    public ImmutableArray<string> StatesNeverExercised() => [.. machine.Table.States.Where(state => !states.Contains(state))];

    public ImmutableArray<string> TransitionsNeverExercised() =>
        [.. machine.Table.Transitions.Select(transition => transition.Name).Distinct().Where(name => !transitions.Contains(name))];
}
