using Scout.Traffic.Names;

namespace Scout.Traffic.Accounting;

/// <summary>A line of the accounts that may be a label set of four series.</summary>
internal abstract class SeriesAccount
{
    public TwoWay Total { get; set; }

    /// <summary>Rendered; false when the bound or the filter of namespaces refused it.</summary>
    public bool Shown { get; set; }

    /// <summary>When it last had a living cgroup (a service: existed), or traffic.</summary>
    public TimeSpan SeenAt { get; set; }
}

/// <summary>A pod, by its labels: uids that come back under the same name continue it.</summary>
internal sealed class PodAccount(PodLabel label) : SeriesAccount
{
    public PodLabel Label { get; } = label;

    public Dictionary<ServiceKey, PairAccount> Pairs { get; } = [];
}

/// <summary>A pod's traffic with one service.</summary>
internal sealed class PairAccount(PodAccount pod, ServiceKey service) : SeriesAccount
{
    public PodAccount Pod { get; } = pod;

    public ServiceKey Service { get; } = service;
}

/// <summary>A service, in its own view: what it receives is what pods send.</summary>
internal sealed class ServiceAccount(ServiceKey key) : SeriesAccount
{
    public ServiceKey Key { get; } = key;
}
