using Scout.Machines.Definitions;

namespace Scout.Machines.Hosting;

/// <summary>All machines of the node, by name and in order, and who listens to whom. Links are kept by name: a machine that does not exist yet can be waited for.</summary>
internal sealed class Roster
{
    private readonly Dictionary<string, LiveMachine> machines = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Machine, string Event), List<Subscriber>> subscribers = [];
    private readonly Dictionary<string, List<LiveMachine>> watching = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<LiveMachine>> dependents = new(StringComparer.Ordinal);
    private LiveMachine[] ordered = [];

    public int Count => machines.Count;

    /// <summary>By name, ordinal; as of the last <see cref="Link"/>.</summary>
    public ReadOnlySpan<LiveMachine> All => ordered;

    public LiveMachine? Find(string name) => machines.GetValueOrDefault(name);

    public void Add(LiveMachine machine) => machines[machine.Name] = machine;

    public void Remove(string name) => machines.Remove(name);

    /// <summary>Those who subscribed to a transition of a machine, by machine name, then file order.</summary>
    public IReadOnlyList<Subscriber> Subscribers(string machine, string transition) =>
        subscribers.Count > 0 && subscribers.TryGetValue((machine, transition), out List<Subscriber>? list) ? list : [];

    /// <summary>Those with watchers that require a state of this machine.</summary>
    public IReadOnlyList<LiveMachine> Watching(string machine) =>
        watching.Count > 0 && watching.TryGetValue(machine, out List<LiveMachine>? list) ? list : [];

    /// <summary>Those that depend on this machine.</summary>
    public IReadOnlyList<LiveMachine> Dependents(string machine) =>
        dependents.Count > 0 && dependents.TryGetValue(machine, out List<LiveMachine>? list) ? list : [];

    /// <summary>The first machine it depends on that is down, or null. A missing one never is (machines.md 6.4).</summary>
    public string? DownParent(LiveMachine machine)
    {
        foreach (string parent in machine.Definition.DependsOn)
        {
            if (Find(parent) is { IsDown: true }) return parent;
        }

        return null;
    }

    /// <summary>Makes order and links anew, after machines came, went or changed.</summary>
    public void Link()
    {
        ordered = [.. machines.Values];
        Array.Sort(ordered, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        subscribers.Clear();
        watching.Clear();
        dependents.Clear();
        foreach (LiveMachine machine in ordered)
        {
            MachineDefinition definition = machine.Definition;
            foreach (Transition transition in definition.Table.Transitions)
            {
                foreach (Subscription wanted in transition.Subscribe) Add(subscribers, (wanted.MachineName, wanted.Event), new Subscriber(machine, transition));
            }

            foreach (WatcherDefinition watcher in definition.Watchers)
            {
                foreach (ForeignState foreign in watcher.ForeignStates) AddOnce(watching, foreign.MachineName, machine);
            }

            foreach (string parent in definition.DependsOn) AddOnce(dependents, parent, machine);
        }
    }

    private static void Add<TKey, TValue>(Dictionary<TKey, List<TValue>> index, TKey key, TValue value)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out List<TValue>? list)) index[key] = list = [];
        list.Add(value);
    }

    private static void AddOnce(Dictionary<string, List<LiveMachine>> index, string key, LiveMachine machine)
    {
        if (index.TryGetValue(key, out List<LiveMachine>? list) && list[^1] == machine) return;
        Add(index, key, machine);
    }
}

/// <summary>A transition that is fired when another machine performs one.</summary>
internal readonly record struct Subscriber(LiveMachine Machine, Transition Transition);
