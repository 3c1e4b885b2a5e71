using Scout.Traffic.Accounting;
using Scout.Traffic.Names;

namespace Scout.Traffic;

/// <summary>Settings of the accounting.</summary>
public sealed record TrafficOptions
{
    /// <summary>Absolute path of the cgroup to be counted; null looks for the pods' one.</summary>
    public string? CgroupRoot { get; init; }

    /// <summary>Between two collections: 1 s or more.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two walks through the cgroups.</summary>
    public TimeSpan WalkInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Addresses of services the kernel's table takes, 1 to 1 048 576.</summary>
    public int MaxPeers { get; init; } = 65_536;

    /// <summary>Cgroups times services used the kernel counts one by one, 1 to 1 048 576.</summary>
    public int MaxCounters { get; init; } = 16_384;

    public ServiceScope Services { get; init; } = ServiceScope.All;

    public TrafficAccountOptions Accounts { get; init; } = new();

    /// <summary>Lets the kernel measure the programs (two clock reads a run).</summary>
    public bool ProgramStats { get; init; }
}
