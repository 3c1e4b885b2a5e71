using System.Net;
using Scout.Traffic.Accounting;
using Scout.Traffic.Kernel;
using Scout.Traffic.Probing;
using Scout.Traffic.Programs;
using Scout.Traffic.Tests.Lab;

namespace Scout.Traffic.Tests.Kernel;

/// <summary>Programs in the real kernel, attached to nothing.</summary>
[Collection(KernelCollection.Name)]
public sealed class ProgramLoadTests
{
    private static readonly IPAddress Client = IPAddress.Parse("10.244.1.10");
    private static readonly IPAddress Service = IPAddress.Parse("10.96.0.10");

    public ProgramLoadTests() => KernelLab.Require();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_verifier_accepts_both_programs_in_both_forms(int access)
    {
        using TrafficKernel kernel = KernelLab.Load();
        LinuxBpf calls = LinuxBpf.Open();
        using BpfMap peers = BpfMap.Create(calls, BpfMapType.Hash, "scout_peers", AccountingProgram.PeerKeySize, sizeof(uint), 16);
        using BpfMap counters = BpfMap.Create(calls, BpfMapType.PerCpuHash, "scout_counters", AccountingProgram.CounterKeySize, AccountingProgram.ValueSize, 16);
        using BpfMap overflow = BpfMap.Create(calls, BpfMapType.PerCpuArray, "scout_overflow", sizeof(uint), AccountingProgram.ValueSize, 2);
        using BpfHandle.Lease p = peers.Handle.Use();
        using BpfHandle.Lease c = counters.Handle.Use();
        using BpfHandle.Lease o = overflow.Handle.Use();
        foreach (TrafficDirection direction in Enum.GetValues<TrafficDirection>())
        {
            using BpfProgram program = BpfProgram.Load(calls, direction, AccountingProgram.Assemble(direction, new MapFds(p.Fd, c.Fd, o.Fd), (HeaderAccess)access));
            Assert.Equal(1, program.Run(ProbePackets.Datagram(Client, Service, 1, 53, 10)));
            Assert.NotEqual(0u, program.Info().Id);
        }
    }

    [Fact]
    public void The_verifiers_words_are_in_the_exception()
    {
        ulong[] bad = new BpfAssembler().Move(Register.R0, Register.R9).Exit().Build();
        BpfException error = Assert.Throws<BpfException>(() => BpfProgram.Load(LinuxBpf.Open(), TrafficDirection.Transmit, bad));
        Assert.Equal(BpfCommand.ProgLoad, error.Command);
        Assert.Equal(Errno.NoAccess, error.Errno);
        Assert.StartsWith("bpf(PROG_LOAD) failed: Permission denied (13)", error.Message, StringComparison.Ordinal);
        Assert.Contains("R9 !read_ok", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_test_run_is_counted_exactly_under_the_callers_cgroup()
    {
        using TrafficKernel kernel = KernelLab.Load();
        Assert.Equal(1, kernel.Egress.Run(ProbePackets.Datagram(Client, Service, 1, 53, 500)));
        Assert.Equal(1, kernel.Ingress.Run(ProbePackets.Datagram(IPAddress.IPv6Loopback, IPAddress.IPv6Loopback, 1, 53, 500)));
        List<CounterRow> rows = kernel.Read();
        Assert.All(rows, row => Assert.Equal(TrafficPeers.Loopback, row.Key.Peer)); // the kernel runs it on the loopback device
        Assert.Equal(new Volume(528, 1), Assert.Single(rows, row => row.Key.Direction == TrafficDirection.Transmit).Value);
        Assert.Equal(new Volume(548, 1), Assert.Single(rows, row => row.Key.Direction == TrafficDirection.Receive).Value);
    }

    [Fact]
    public void Segments_of_a_super_packet_count_each()
    {
        using TrafficKernel kernel = KernelLab.Load();
        kernel.Egress.Run(ProbePackets.Datagram(Client, Service, 1, 53, 500), new SkBuffContext { Segments = 30 });
        Assert.Equal(new Volume(528, 30), Assert.Single(kernel.Read()).Value);
    }

    [Theory]
    [InlineData("10.96.0.10", 0, 0)]
    [InlineData("10.96.0.10", 53, 17)]
    public void A_known_address_is_its_service_also_on_the_loopback_device(string address, int port, int protocol)
    {
        using TrafficKernel kernel = KernelLab.Load();
        kernel.Peer(address, 7, port, protocol);
        kernel.Egress.Run(ProbePackets.Datagram(Client, Service, 1, 53, 500));
        kernel.Ingress.Run(ProbePackets.Datagram(Service, Client, 53, 1, 500));
        Assert.All(kernel.Read(), row => Assert.Equal(7u, row.Key.Peer));
        kernel.Ingress.Run(ProbePackets.Datagram(Client, Service, 1, 53, 500)); // here the remote side is the client
        Assert.Equal(3, kernel.Read().Count);
    }

    [Fact]
    public void A_full_map_loses_names_and_no_bytes()
    {
        using TrafficKernel kernel = KernelLab.Load(maxCounters: 1);
        byte[] packet = ProbePackets.Datagram(Client, Service, 1, 53, 100);
        kernel.Egress.Run(packet);
        for (int i = 0; i < 10; i++) kernel.Ingress.Run(packet);
        kernel.Egress.Run(packet);
        Assert.Equal(new Volume(256, 2), Assert.Single(kernel.Read()).Value);
        Assert.Equal(new TwoWay(new Volume(1280, 10), default), kernel.ReadOverflow());
    }

    [Fact]
    public void Many_threads_on_one_counter_lose_nothing()
    {
        const int Threads = 8;
        const uint Repeats = 20_000;
        using TrafficKernel kernel = KernelLab.Load();
        byte[] packet = ProbePackets.Datagram(Client, Service, 1, 53, 100);
        kernel.Egress.Run(packet);
        int interrupted = 0;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() => interrupted += kernel.Egress.TryRun(packet, Repeats) == -Errno.Interrupted ? 1 : 0))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.SkipWhen(interrupted > 0, "a signal cut a run short, and nobody knows where");
        Assert.Equal(new Volume(128 * (Threads * Repeats + 1), Threads * Repeats + 1), Assert.Single(kernel.Read()).Value);
    }

    [Fact]
    public void Batches_and_single_reads_say_the_same()
    {
        using TrafficKernel kernel = KernelLab.Load();
        for (uint peer = 2; peer < 300; peer++)
        {
            kernel.Peer("10.96.0.10", peer);
            kernel.Egress.Run(ProbePackets.Datagram(Client, Service, 1, 53, (int)peer));
        }

        List<CounterRow> rows = kernel.Read();
        Assert.Equal(298, rows.Count);
        Assert.True(kernel.InBatches);
        Assert.All(rows, row => Assert.Equal(new Volume(28 + row.Key.Peer, 1), row.Value));
    }
}
