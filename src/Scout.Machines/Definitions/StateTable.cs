using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Scout.Machines.Definitions;

/// <summary>The states and transitions of a machine. Immutable and compared by content, so that ten thousand checks share one.</summary>
public sealed class StateTable
{
    private readonly FrozenDictionary<(string From, string Transition), Transition> moves;

    /// <summary>Builds the table. States are <paramref name="initialState"/> and every <c>from</c> and <c>destination</c>, in order of first appearance.</summary>
    /// <remarks>Of overlapping transitions of one name the later one wins (the Choria reading); the strict reading refuses them before this.</remarks>
    public StateTable(string initialState, ImmutableArray<Transition> transitions)
    {
        Transitions = transitions;
        var states = new List<string> { initialState };
        var byMove = new Dictionary<(string, string), Transition>();
        foreach (Transition transition in transitions)
        {
            foreach (string from in transition.From)
            {
                if (!states.Contains(from)) states.Add(from);
                byMove[(from, transition.Name)] = transition;
            }

            if (!states.Contains(transition.Destination)) states.Add(transition.Destination);
        }

        States = [.. states];
        moves = byMove.ToFrozenDictionary();
    }

    /// <summary>All states, the initial one first.</summary>
    public ImmutableArray<string> States { get; }

    /// <summary>In file order; names may repeat.</summary>
    public ImmutableArray<Transition> Transitions { get; }

    /// <summary>The transition of this name that is allowed in this state, or null when the machine refuses it.</summary>
    public Transition? Find(string state, string transition) => moves.GetValueOrDefault((state, transition));

    /// <summary>The transitions allowed in a state, in file order, each name once.</summary>
    public IEnumerable<Transition> Allowed(string state)
    {
        foreach (Transition transition in Transitions)
        {
            if (ReferenceEquals(Find(state, transition.Name), transition)) yield return transition;
        }
    }
}

/// <summary>A named event that moves a machine.</summary>
public sealed record Transition
{
    public required string Name { get; init; }

    public required ImmutableArray<string> From { get; init; }

    public required string Destination { get; init; }

    public string Description { get; init; } = "";

    public ImmutableArray<Subscription> Subscribe { get; init; } = [];
}

/// <summary>Fire the transition when that machine of this node performs that event for real.</summary>
public sealed record Subscription(string MachineName, string Event);
