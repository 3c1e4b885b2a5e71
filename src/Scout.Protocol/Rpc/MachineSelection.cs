using System.Collections.Immutable;

namespace Scout.Protocol.Rpc;

/// <summary>
/// Which machines a command means: names or globs, labels, or all. An empty one does not exist: it is never "everything" (nats.md 14).
/// </summary>
public sealed record MachineSelection
{
    private MachineSelection(ImmutableArray<string> machines, ImmutableSortedDictionary<string, string> labels, bool all)
    {
        Machines = machines;
        Labels = labels;
        All = all;
    }

    /// <summary>Exact names or globs; any may match. Empty: by labels alone, or all.</summary>
    public ImmutableArray<string> Machines { get; }

    /// <summary>Of the machine; all must hold.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; }

    public bool All { get; }

    public static MachineSelection Everything { get; } = new([], LabelSelector.None, all: true);

    /// <exception cref="ArgumentException">Nothing is selected.</exception>
    public static MachineSelection Of(IEnumerable<string> machines, IEnumerable<KeyValuePair<string, string>>? labels = null)
    {
        var selection = new MachineSelection([.. machines], LabelSelector.None.AddRange(labels ?? []), all: false);
        return selection.Machines.IsEmpty && selection.Labels.IsEmpty ? throw new ArgumentException("nothing is selected", nameof(machines)) : selection;
    }

    public bool Matches(string machine, IReadOnlyDictionary<string, string> labels) =>
        All || ((Machines.IsEmpty || Machines.Any(pattern => Glob.Matches(pattern, machine))) && LabelSelector.Matches(Labels, labels));

    /// <summary>The exact names in it that no machine bears: each gets a result <c>not_found</c>.</summary>
    public IEnumerable<string> Missing(Func<string, bool> exists) => Machines.Where(name => !Glob.IsPattern(name) && !exists(name));
}

/// <summary><c>key=value</c>, all of which must hold.</summary>
public static class LabelSelector
{
    public static ImmutableSortedDictionary<string, string> None { get; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public static bool Matches(IReadOnlyDictionary<string, string> wanted, IReadOnlyDictionary<string, string> labels)
    {
        foreach ((string key, string value) in wanted)
        {
            if (!labels.TryGetValue(key, out string? has) || !string.Equals(has, value, StringComparison.Ordinal)) return false;
        }

        return true;
    }
}
