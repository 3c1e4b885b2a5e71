using Scout.Testing;
using Scout.Traffic.Accounting;
using Scout.Traffic.Cgroups;
using Scout.Traffic.Collecting;
using Scout.Traffic.Kernel;
using Scout.Traffic.Names;
using Scout.Traffic.Tests.Lab;
using Scout.Traffic.Tests.Names;

namespace Scout.Traffic.Tests.Collecting;

public sealed class TrafficCollectorTests
{
    private const string Root = "/cg/kubepods";

    [Fact]
    public void Without_a_root_nothing_is_loaded_and_the_reason_is_told()
    {
        var node = new FakeNode { Root = null };
        TrafficSnapshot snapshot = node.Collector.Collect();
        Assert.False(snapshot.IsUp);
        Assert.Equal("no root", snapshot.Reason);
        Assert.Equal(0, node.Loads);
    }

    [Fact]
    public void A_root_that_comes_later_is_taken_at_the_next_collection()
    {
        var node = new FakeNode { Root = null };
        node.Collector.Collect();
        node.Root = Root;
        Assert.True(node.Collector.Collect().IsUp);
        Assert.Equal([Root], node.Kernel.Attachments);
    }

    [Fact]
    public void What_the_kernel_refuses_is_the_reason_and_is_tried_again()
    {
        var node = new FakeNode { Refuse = new BpfException(BpfCommand.ProgLoad, Errno.NotPermitted) };
        Assert.Contains("bpf(PROG_LOAD) failed", node.Collector.Collect().Reason, StringComparison.Ordinal);
        node.Refuse = null;
        Assert.True(node.Collector.Collect().IsUp);
    }

    [Fact]
    public void A_root_with_another_id_is_attached_anew_and_sums_live_on()
    {
        FakeNode node = Counting();
        node.RootId = 77;
        node.Kernel.Attached = 0;
        node.Kernel.Rows[new CounterKey(5, 0, TrafficDirection.Transmit)] = new Volume(150, 2);
        TrafficSnapshot snapshot = node.Collector.Collect();
        Assert.Equal(2, node.Kernel.Attachments.Count);
        Assert.Equal(150ul, Assert.Single(snapshot.Pods).Total.Transmit.Bytes);
    }

    [Fact]
    public void A_root_that_goes_is_let_go_and_what_its_sockets_still_say_is_read()
    {
        FakeNode node = Counting();
        node.Root = null;
        node.Cgroups.Clear();
        node.Kernel.Rows[new CounterKey(5, 0, TrafficDirection.Transmit)] = new Volume(130, 2);
        TrafficSnapshot snapshot = node.Collector.Collect();
        Assert.False(snapshot.IsUp);
        Assert.False(node.Kernel.IsAttached);
        Assert.Equal(130ul, Assert.Single(snapshot.Pods).Total.Transmit.Bytes);
    }

    [Fact]
    public void A_cgroup_that_lived_between_two_collections_has_its_name_from_the_walk()
    {
        FakeNode node = Counting();
        node.Add(6, 2, "job");
        node.Collector.Walk();
        node.Cgroups.Remove(6);
        node.Kernel.Rows[new CounterKey(6, 0, TrafficDirection.Receive)] = new Volume(10, 1);
        TrafficSnapshot snapshot = node.Collector.Collect();
        Assert.Equal(10ul, snapshot.Pods.Single(pod => pod.Pod.Name == "job").Total.Receive.Bytes);
    }

    [Fact]
    public void Names_become_peers_once_and_services_have_their_type()
    {
        FakeNode node = Counting();
        node.Names = node.Names with { Services = [new TrafficService("shop", "db", TrafficServiceType.LoadBalancer, ["10.96.0.1"], [], [])] };
        node.Collector.Collect();
        uint peer = Assert.Single(node.Kernel.PeerMap.Entries).Value;
        node.Kernel.Rows[new CounterKey(5, peer, TrafficDirection.Transmit)] = new Volume(9, 1);
        TrafficSnapshot snapshot = node.Collector.Collect();
        node.Collector.Collect();
        Assert.Equal(1, node.Kernel.PeerMap.Writes);
        Assert.Equal(TrafficServiceType.LoadBalancer, Assert.Single(snapshot.Services).Type);
        Assert.Equal("db", Assert.Single(snapshot.Pairs).Service.Name);
    }

    [Fact]
    public void At_the_end_it_reads_once_more_and_lets_go()
    {
        FakeNode node = Counting();
        node.Kernel.Rows[new CounterKey(5, 0, TrafficDirection.Transmit)] = new Volume(200, 3);
        node.Collector.Dispose();
        Assert.Equal(200ul, Assert.Single(node.Collector.Current.Pods).Total.Transmit.Bytes);
        Assert.True(node.Kernel.IsDisposed);
    }

    [Fact]
    public async Task The_loop_collects_at_its_times_and_when_asked()
    {
        var node = new FakeNode();
        long seen = 0;
        await using (var accounting = new TrafficAccounting(new TrafficOptions(), node, node, node.Time, snapshot => Interlocked.Exchange(ref seen, snapshot.Number)))
        {
            accounting.Start();
            await Until.TrueAsync("the first collection", () => Interlocked.Read(ref seen) == 1);
            await AdvanceUntil(node.Time, TimeSpan.FromSeconds(1), () => Interlocked.Read(ref seen) == 2);
            Assert.InRange(accounting.Now, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60));
            accounting.RequestCollection();
            accounting.RequestCollection();
            await AdvanceUntil(node.Time, TimeSpan.FromMilliseconds(100), () => Interlocked.Read(ref seen) == 3);
        }

        Assert.True(node.Kernel.IsDisposed);
    }

    /// <summary>The loop sets its timers on another thread, so time moves in small steps until it has seen them.</summary>
    private static Task AdvanceUntil(ManualTime time, TimeSpan step, Func<bool> condition) => Until.TrueAsync("another collection", () =>
    {
        if (condition()) return true;
        time.Advance(step);
        return false;
    });

    /// <summary>One pod, "web", with 100 bytes sent.</summary>
    private static FakeNode Counting()
    {
        var node = new FakeNode();
        node.Add(5, 1, "web");
        node.Kernel.Rows[new CounterKey(5, 0, TrafficDirection.Transmit)] = new Volume(100, 1);
        Assert.True(node.Collector.Collect().IsUp);
        return node;
    }

    private sealed class FakeNode : ITrafficSystem, ICgroupTree, ITrafficNames
    {
        public FakeNode() => Collector = new TrafficCollector(new TrafficOptions(), this, this, Time);

        public ManualTime Time { get; } = new();

        public TrafficCollector Collector { get; }

        public FakeKernel Kernel { get; } = new();

        public string? Root { get; set; } = TrafficCollectorTests.Root;

        public ulong RootId { get; set; } = 3;

        public int Loads { get; private set; }

        public BpfException? Refuse { get; set; }

        public Dictionary<ulong, CgroupPlace> Cgroups { get; } = [];

        public TrafficNames Names { get; set; } = TrafficNames.Empty;

        public TrafficNames? Current => Names;

        ICgroupTree ITrafficSystem.Cgroups => this;

        public void Add(ulong id, int pod, string name)
        {
            string path = $"{TrafficCollectorTests.Root}/pod{TestCgroups.Uid(pod)}";
            Cgroups[id] = new CgroupPlace(path, PodCgroup.Parse(path));
            Names = Names with { Pods = [.. Names.Pods, new TrafficPod(TestCgroups.Uid(pod), "shop", name)] };
        }

        public string? FindRoot(string? told, out string reason)
        {
            reason = "no root";
            return Root;
        }

        public ITrafficKernel Load(TrafficOptions options)
        {
            Loads++;
            return Refuse is null ? Kernel : throw Refuse;
        }

        public ulong? IdOf(string root) => RootId;

        public IReadOnlyDictionary<ulong, CgroupPlace> Walk(string root) => new Dictionary<ulong, CgroupPlace>(Cgroups);
    }

    private sealed class FakeKernel : ITrafficKernel
    {
        public Dictionary<CounterKey, Volume> Rows { get; } = [];

        public List<string> Attachments { get; } = [];

        public FakePeerMap PeerMap { get; } = new(100);

        public ulong Attached { get; set; } = 3;

        public bool IsDisposed { get; private set; }

        public IPeerMap Peers => PeerMap;

        public int CounterCapacity => 100;

        public bool IsAttached { get; private set; }

        public bool ByLink => true;

        public bool InBatches => true;

        public ulong? AttachedCgroup => Attached;

        public void Attach(string root)
        {
            Attachments.Add(root);
            IsAttached = true;
        }

        public void Detach() => IsAttached = false;

        public void ReadCounters(List<CounterRow> rows)
        {
            rows.Clear();
            rows.AddRange(Rows.Select(entry => new CounterRow(entry.Key, entry.Value)));
        }

        public TwoWay ReadOverflow() => default;

        public void Delete(CounterKey key) => Rows.Remove(key);

        public IReadOnlyList<ProgramUse> ProgramUse() => [];

        public void Dispose() => IsDisposed = true;
    }
}
