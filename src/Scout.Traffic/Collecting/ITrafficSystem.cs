using Scout.Traffic.Cgroups;
using Scout.Traffic.Kernel;

namespace Scout.Traffic.Collecting;

/// <summary>The machine as the collector sees it.</summary>
internal interface ITrafficSystem
{
    ICgroupTree Cgroups { get; }

    /// <summary>The cgroup to be counted, or why there is none.</summary>
    string? FindRoot(string? told, out string reason);

    /// <exception cref="BpfException">The kernel refuses.</exception>
    /// <exception cref="PlatformNotSupportedException">Not for this machine.</exception>
    ITrafficKernel Load(TrafficOptions options);
}

/// <summary>The real one.</summary>
internal sealed class TrafficSystem(IAttachMemory? memory) : ITrafficSystem
{
    public ICgroupTree Cgroups { get; } = new CgroupTree();

    public string? FindRoot(string? told, out string reason)
    {
        told ??= Environment.GetEnvironmentVariable(CgroupRoot.Variable);
        return CgroupRoot.Find(told, CgroupMounts.Read(), Directory.Exists, out reason);
    }

    public ITrafficKernel Load(TrafficOptions options) => TrafficKernel.Load(LinuxBpf.Open(), options, PossibleCpus.Read(), memory);
}
