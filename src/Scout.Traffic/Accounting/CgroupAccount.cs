using Scout.Traffic.Cgroups;
using Scout.Traffic.Names;

namespace Scout.Traffic.Accounting;

/// <summary>What is known of one cgroup that is there, or whose counters are.</summary>
internal sealed class CgroupAccount
{
    /// <summary>Null until a walk has met it.</summary>
    public CgroupPlace? Place { get; set; }

    /// <summary>Its pod's label once it was known; it outlives the pod in the API.</summary>
    public PodLabel? Label { get; set; }

    /// <summary>When a walk first missed it.</summary>
    public TimeSpan? GoneAt { get; set; }

    /// <summary>Since when traffic waits for a name.</summary>
    public TimeSpan? WaitsSince { get; set; }

    /// <summary>Waited too long: what comes now is nobody's, until somebody names it.</summary>
    public bool GaveUp { get; set; }

    /// <summary>What waits, by peer.</summary>
    public Dictionary<uint, TwoWay> Waiting { get; } = [];
}

/// <summary>A value of the kernel as it was read last.</summary>
internal sealed class CounterState
{
    public Volume Last { get; set; }

    public TimeSpan ChangedAt { get; set; }
}
