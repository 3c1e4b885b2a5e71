using System.Collections.Immutable;
using Scout.Machines.Definitions;

namespace Scout.Machines.Simulated;

/// <summary>Machines that others are looked at through: they have the states a scenario speaks of, and go wherever it says.</summary>
internal static class StandIns
{
    /// <summary>The transition that leads to a state.</summary>
    public static string Into(string state) => "become-" + state;

    /// <summary>All states that a scenario gives to others, by machine.</summary>
    public static Dictionary<string, List<string>> StatesIn(Scenario scenario)
    {
        var states = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        Gather(scenario.Given, states);
        foreach (ScenarioStep step in scenario.Steps)
        {
            if (step.When is { } when) Gather(when, states);
        }

        return states;
    }

    public static MachineDefinition Make(string name, string initial, List<string> states)
    {
        ImmutableArray<string> all = [.. states];
        ImmutableArray<Transition> transitions = [.. states.Select(state => new Transition { Name = Into(state), From = all, Destination = state })];
        return new MachineDefinition
        {
            Name = name,
            Version = "1",
            Digest = "stand-in",
            InitialState = initial,
            Table = new StateTable(initial, transitions),
            Watchers = [],
            Folder = "",
            File = "",
        };
    }

    private static void Gather(ScenarioWorld world, Dictionary<string, List<string>> states)
    {
        foreach ((string name, string state) in world.Others)
        {
            if (!states.TryGetValue(name, out List<string>? known)) states[name] = known = [];
            if (!known.Contains(state)) known.Add(state);
        }
    }
}
