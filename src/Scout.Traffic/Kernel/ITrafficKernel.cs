using Scout.Traffic.Accounting;
using Scout.Traffic.Names;

namespace Scout.Traffic.Kernel;

/// <summary>The kernel side as the collector sees it: maps, programs, an attachment or none.</summary>
internal interface ITrafficKernel : IDisposable
{
    IPeerMap Peers { get; }

    /// <summary>Most entries of the counters.</summary>
    int CounterCapacity { get; }

    bool IsAttached { get; }

    bool ByLink { get; }

    bool InBatches { get; }

    /// <summary>Id of the cgroup it hangs on, 0 when that is gone; null when the kernel does not say.</summary>
    ulong? AttachedCgroup { get; }

    /// <exception cref="BpfException">Refused; nothing is attached then.</exception>
    /// <exception cref="IOException">The directory is not there.</exception>
    void Attach(string root);

    void Detach();

    void ReadCounters(List<CounterRow> rows);

    TwoWay ReadOverflow();

    void Delete(CounterKey key);

    IReadOnlyList<ProgramUse> ProgramUse();
}
