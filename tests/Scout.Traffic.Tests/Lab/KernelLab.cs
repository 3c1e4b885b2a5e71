using Scout.Testing;
using Scout.Traffic.Kernel;
using Scout.Traffic.Probing;

namespace Scout.Traffic.Tests.Lab;

/// <summary>Asks the probe once whether tests with the kernel can run.</summary>
internal static class KernelLab
{
    public const string Variable = "SCOUT_REQUIRE_EBPF";
    private static readonly Lazy<TrafficProbeReport> Probed = new(() => TrafficProbe.Run(null, TimeProvider.System));

    public static TrafficProbeReport Report => Probed.Value;

    /// <summary>Skips the test; fails it with SCOUT_REQUIRE_EBPF=1.</summary>
    public static void Require()
    {
        if (!Report.IsOk) throw SkipTestException.Because($"eBPF accounting cannot run here: {Report.Reason}", Variable);
    }

    /// <summary>Maps and programs, attached to nothing.</summary>
    public static TrafficKernel Load(int maxCounters = 1024, int maxPeers = 64, IAttachMemory? memory = null, IBpfCalls? calls = null) =>
        TrafficKernel.Load(calls ?? LinuxBpf.Open(), new TrafficOptions { MaxPeers = maxPeers, MaxCounters = maxCounters }, PossibleCpus.Read(), memory);
}
