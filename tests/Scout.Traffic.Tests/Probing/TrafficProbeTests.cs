using Scout.Traffic.Kernel;
using Scout.Traffic.Probing;
using Scout.Traffic.Tests.Lab;

namespace Scout.Traffic.Tests.Probing;

[Collection(KernelCollection.Name)]
public sealed class TrafficProbeTests
{
    [Fact]
    public void Here_all_steps_pass_and_say_what_they_found()
    {
        KernelLab.Require();
        Assert.Equal(["platform", "kernel", "cgroup2", "root", "maps and programs", "run", "attach"], KernelLab.Report.Steps.Select(step => step.Name));
        Assert.All(KernelLab.Report.Steps, step => Assert.True(step.Outcome is ProbeOutcome.Ok or ProbeOutcome.Note, $"{step.Name}: {step.Text}"));
        Assert.Contains("one packet counted exactly", KernelLab.Report.Steps[5].Text, StringComparison.Ordinal);
        Assert.Equal("", KernelLab.Report.Reason);
    }

    [Fact]
    public void A_root_that_was_told_and_is_not_there_is_a_failure_and_the_rest_is_not_tried()
    {
        TrafficProbeReport report = TrafficProbe.Run("/nowhere", TimeProvider.System);
        Assert.False(report.IsOk);
        Assert.StartsWith("root: the cgroup /nowhere is not there", report.Reason, StringComparison.Ordinal);
        Assert.All(report.Steps.Skip(4), step => Assert.Equal(ProbeOutcome.Skipped, step.Outcome));
    }

    [Theory]
    [InlineData(BpfCommand.MapCreate, "maps and programs: bpf(MAP_CREATE) failed: Operation not permitted (1)")]
    [InlineData(BpfCommand.LinkCreate, "attach: bpf(LINK_CREATE) failed: Operation not permitted (1)")]
    public void A_refusal_names_the_step_and_the_causes(BpfCommand refused, string reason)
    {
        KernelLab.Require();
        TrafficProbeReport report = TrafficProbe.Run(null, () => new Refusing(LinuxBpf.Open(), refused), TimeProvider.System);
        Assert.StartsWith(reason, report.Reason, StringComparison.Ordinal);
        if (refused == BpfCommand.LinkCreate) Assert.Contains("attached exclusively", report.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0000000000000000", "0", false, "this process lacks CAP_BPF and CAP_NET_ADMIN")]
    [InlineData("0000008000000000", "0", false, "this process lacks CAP_NET_ADMIN")]
    [InlineData("0000008000000000", "0", true, "this process lacks CAP_SYS_ADMIN and CAP_NET_ADMIN")]
    [InlineData("0000000000001000", "0", false, "this process lacks CAP_BPF:")]
    [InlineData("0000000000200000", "0", true, "this process lacks CAP_NET_ADMIN")]
    [InlineData("000001ffffffffff", "2", false, "a seccomp filter is in force")]
    public void Not_permitted_names_every_cause_that_can_be_seen(string capabilities, string seccomp, bool beforeCapBpf, string cause)
    {
        var privileges = Privileges.Parse(Status(capabilities, seccomp), "         0          0 4294967295\n");
        Assert.Contains(cause, privileges.Explain(attaching: false, beforeCapBpf), StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_namespace_and_missing_PERFMON_are_seen()
    {
        var privileges = Privileges.Parse(Status("0000008000001000", "0"), "0 100000 65536");
        Assert.Contains("user namespace", privileges.Explain(attaching: false, beforeCapBpf: false), StringComparison.Ordinal);
        Assert.False(privileges.CanPerfmon);
        Assert.True(Privileges.Parse(Status("0000004000000000", "0"), "").CanPerfmon);
    }

    private static string Status(string capabilities, string seccomp) => $"Name:\tscout\nCapEff:\t{capabilities}\nSeccomp:\t{seccomp}\n";

    /// <summary>A kernel that does not permit one command.</summary>
    private sealed unsafe class Refusing(IBpfCalls calls, BpfCommand refused) : IBpfCalls
    {
        public int Call(BpfCommand command, void* attributes, int size) => command == refused ? -Errno.NotPermitted : calls.Call(command, attributes, size);

        public void Close(int fd) => calls.Close(fd);
    }
}
