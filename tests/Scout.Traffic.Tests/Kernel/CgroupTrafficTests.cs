using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Scout.Testing;
using Scout.Traffic.Accounting;
using Scout.Traffic.Kernel;
using Scout.Traffic.Tests.Lab;

namespace Scout.Traffic.Tests.Kernel;

/// <summary>Programs that hang on a cgroup, and sockets that live below it.</summary>
[Collection(KernelCollection.Name)]
public sealed class CgroupTrafficTests : IDisposable
{
    private const int Datagrams = 1000;
    private const int Payload = 500;
    private const int TcpInfo = 11;
    private const int BytesRetransmitted = 208;
    private readonly TestCgroups cgroups;
    private readonly TrafficKernel kernel;

    public CgroupTrafficTests()
    {
        KernelLab.Require();
        cgroups = new TestCgroups();
        kernel = KernelLab.Load();
        kernel.Attach(cgroups.Root);
    }

    [Theory]
    [InlineData("127.0.0.1", 528_000)]
    [InlineData("::1", 548_000)]
    public void Datagrams_count_exactly_as_loopback(string address, long bytes) => Check(address, TrafficPeers.Loopback, bytes);

    [Theory]
    [InlineData("127.0.0.1", 528_000)]
    [InlineData("::1", 548_000)]
    public void Datagrams_count_exactly_for_a_service(string address, long bytes)
    {
        kernel.Peer(address, 5);
        Check(address, 5, bytes);
    }

    [Fact]
    public void Each_end_counts_in_its_own_cgroup_and_others_not_at_all()
    {
        string one = cgroups.Pod(1);
        string two = cgroups.Pod(2);
        using Socket from = cgroups.In(one, () => Udp.Bound("127.0.0.1"));
        using Socket to = cgroups.In(two, () => Udp.Bound("127.0.0.1"));
        using Socket outside = Udp.Bound("127.0.0.1");
        Udp.Send(from, to, 100, 100);
        Udp.Send(outside, to, 10, 100);
        Udp.Send(outside, outside, 10, 100);
        List<CounterRow> rows = kernel.Read();
        Assert.Equal(new TwoWay(default, new Volume(12_800, 100)), rows.Of(one, TrafficPeers.Loopback));
        Assert.Equal(new TwoWay(new Volume(14_080, 110), default), rows.Of(two, TrafficPeers.Loopback));
        Assert.Equal(2, rows.Count);
    }

    [Fact]
    public void A_stream_counts_its_payload_and_little_more()
    {
        const int Size = 4 << 20;
        string pod = cgroups.Pod(1);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using Socket client = cgroups.In(pod, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.Connect(listener.LocalEndpoint);
        using Socket server = listener.AcceptSocket();
        var sender = new Thread(() =>
        {
            client.Send(new byte[Size]);
            client.Shutdown(SocketShutdown.Send);
        });
        sender.Start();
        byte[] buffer = new byte[1 << 16];
        long received = 0;
        for (int length = 1; length > 0; received += length) length = server.Receive(buffer);
        sender.Join();
        Volume sent = kernel.Read().Of(pod, TrafficPeers.Loopback).Transmit;
        Assert.Equal(Size, received);

        // A busy machine sends some of it twice, and that counts.
        Span<byte> information = stackalloc byte[256];
        client.GetRawSocketOption(6, TcpInfo, information);
        ulong again = BinaryPrimitives.ReadUInt64LittleEndian(information[BytesRetransmitted..]);
        Assert.InRange(sent.Bytes, Size + again + 40, Size + again + 80 * sent.Packets);
        Assert.InRange(sent.Packets, (ulong)Size / 65536, (ulong)Size);
    }

    [Fact]
    public void Nothing_is_counted_before_and_after()
    {
        string pod = cgroups.Pod(1);
        kernel.Detach();
        using Socket socket = cgroups.In(pod, () => Udp.Bound("127.0.0.1"));
        Udp.Send(socket, socket, 10, 100);
        kernel.Attach(cgroups.Root);
        Udp.Send(socket, socket, 10, 100);
        kernel.Detach();
        Udp.Send(socket, socket, 10, 100);
        Assert.Equal(new Volume(1280, 10), kernel.Read().Of(pod, TrafficPeers.Loopback).Transmit);
    }

    [Fact]
    public async Task The_link_says_when_its_cgroup_is_gone()
    {
        Assert.Equal(TestCgroups.IdOf(cgroups.Root), kernel.AttachedCgroup);
        TestCgroups.Remove(cgroups.Root);
        await Until.TrueAsync("the link without a cgroup", () => kernel.AttachedCgroup == 0); // the kernel lets go later
        Directory.CreateDirectory(cgroups.Root);
        Assert.Equal(0ul, kernel.AttachedCgroup);
    }

    [Fact]
    public void Two_accountings_on_one_root_do_not_disturb_each_other()
    {
        string pod = cgroups.Pod(1);
        using TrafficKernel other = KernelLab.Load();
        other.Attach(cgroups.Root);
        using Socket socket = cgroups.In(pod, () => Udp.Bound("127.0.0.1"));
        Udp.Send(socket, socket, 10, 100);
        kernel.Detach();
        Udp.Send(socket, socket, 10, 100);
        Assert.Equal(10ul, kernel.Read().Of(pod, TrafficPeers.Loopback).Transmit.Packets);
        Assert.Equal(20ul, other.Read().Of(pod, TrafficPeers.Loopback).Transmit.Packets);
    }

    [Fact]
    public void Without_links_the_programs_hang_all_the_same_and_are_remembered()
    {
        var memory = new AttachMemory();
        string pod = cgroups.Pod(1);
        using TrafficKernel old = KernelLab.Load(memory: memory, calls: new WithoutLinks(LinuxBpf.Open()));
        old.Attach(cgroups.Root);
        Assert.False(old.ByLink);
        Assert.Equal(cgroups.Root, memory.Record?.Root);
        using Socket socket = cgroups.In(pod, () => Udp.Bound("127.0.0.1"));
        Udp.Send(socket, socket, 10, 100);
        Assert.Equal(10ul, old.Read().Of(pod, TrafficPeers.Loopback).Transmit.Packets);
        old.Detach();
        Assert.Null(memory.Record);
        Udp.Send(socket, socket, 10, 100);
        Assert.Equal(10ul, old.Read().Of(pod, TrafficPeers.Loopback).Transmit.Packets);
    }

    [Fact]
    public void What_a_crash_left_without_links_is_taken_away_and_nothing_else()
    {
        var memory = new AttachMemory();
        string pod = cgroups.Pod(1);
        var calls = new WithoutLinks(LinuxBpf.Open());
        using TrafficKernel dead = KernelLab.Load(memory: memory, calls: calls);
        dead.Attach(cgroups.Root);
        AttachRecord left = memory.Record!;
        using Socket socket = cgroups.In(pod, () => Udp.Bound("127.0.0.1"));
        using (TrafficKernel next = KernelLab.Load(memory: memory, calls: calls))
        {
            Assert.Null(memory.Record);
            Udp.Send(socket, socket, 10, 100);
            Assert.Empty(dead.Read());
        }

        Assert.Equal(10ul, kernel.Read().Of(pod, TrafficPeers.Loopback).Transmit.Packets);
        memory.Save(left with { BootId = "another boot" });
        Assert.Equal(0, CgroupAttachment.CleanUp(calls, memory, BootId.Read()));
    }

    public void Dispose()
    {
        kernel?.Dispose();
        cgroups?.Dispose();
    }

    private void Check(string address, uint peer, long bytes)
    {
        string pod = cgroups.Pod(1);
        (Socket from, Socket to) = cgroups.In(pod, () => (Udp.Bound(address), Udp.Bound(address)));
        using (from)
        using (to)
        {
            Udp.Send(from, to, Datagrams, Payload);
        }

        var expected = new Volume((ulong)bytes, Datagrams);
        List<CounterRow> rows = kernel.Read();
        Assert.Equal(new TwoWay(expected, expected), rows.Of(pod, peer));
        Assert.Equal(2, rows.Count);
    }

    private sealed class AttachMemory : IAttachMemory
    {
        public AttachRecord? Record { get; private set; }

        public AttachRecord? Load() => Record;

        public void Save(AttachRecord? record) => Record = record;
    }

    /// <summary>A kernel before 5.7.</summary>
    private sealed unsafe class WithoutLinks(IBpfCalls calls) : IBpfCalls
    {
        public int Call(BpfCommand command, void* attributes, int size) => command == BpfCommand.LinkCreate ? -Errno.Invalid : calls.Call(command, attributes, size);

        public void Close(int fd) => calls.Close(fd);
    }
}
