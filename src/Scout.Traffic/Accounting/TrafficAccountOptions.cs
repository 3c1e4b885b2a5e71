namespace Scout.Traffic.Accounting;

/// <summary>Bounds and times of the accounting.</summary>
public sealed record TrafficAccountOptions
{
    /// <summary>Most series shown; a pod, a pair or a service has four.</summary>
    public int MaxSeries { get; init; } = 10_000;

    /// <summary>How long series stay after their last cgroup went.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long traffic waits for a name.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the entries of a cgroup that is gone must be silent before they are deleted from the kernel.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Namespaces that are shown; empty means all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Namespaces that are not shown.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>True when series of this namespace are shown.</summary>
    public bool Shows(string ns) => !Exclude.Contains(ns, StringComparer.Ordinal) && (Include.Count == 0 || Include.Contains(ns, StringComparer.Ordinal));
}
