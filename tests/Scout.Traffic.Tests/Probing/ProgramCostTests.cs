using Scout.Traffic.Kernel;
using Scout.Traffic.Probing;
using Scout.Traffic.Tests.Lab;

namespace Scout.Traffic.Tests.Probing;

/// <summary>
/// The gates of the cost of a packet. Short runs, the least of many rounds, and again until the gates are met: a busy machine makes single runs slower, and never all of them.
/// </summary>
[Collection(KernelCollection.Name)]
public sealed class ProgramCostTests
{
    private const int Attempts = 40;
    private const int Rounds = 20;
    private const uint Repeats = 10_000;

    [Fact]
    public void A_packet_costs_no_more_than_the_gates_allow()
    {
        KernelLab.Require();
        Assert.SkipUnless(Privileges.Read().CanPerfmon, "without CAP_PERFMON the kernel's guards against speculation cost more than the gates allow");
        var cost = ProgramCost.Measure(LinuxBpf.Open(), TimeProvider.System, Rounds, Repeats);
        for (int attempt = 1; attempt < Attempts && !cost.IsWithinGates; attempt++)
        {
            cost = cost.Least(ProgramCost.Measure(LinuxBpf.Open(), TimeProvider.System, Rounds, Repeats));
        }

        Assert.True(cost.IsWithinGates, $"{cost}");
    }
}
