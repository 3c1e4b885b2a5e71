using System.Net.Sockets;
using Scout.Traffic.Collecting;
using Scout.Traffic.Names;
using Scout.Traffic.Tests.Lab;

namespace Scout.Traffic.Tests.Collecting;

/// <summary>The collector with the real kernel and real cgroups.</summary>
[Collection(KernelCollection.Name)]
public sealed class RealCollectorTests : IDisposable
{
    private readonly TestCgroups cgroups;
    private readonly TrafficCollector collector;

    public RealCollectorTests()
    {
        KernelLab.Require();
        cgroups = new TestCgroups();
        collector = new TrafficCollector(new TrafficOptions { CgroupRoot = cgroups.Root, MaxCounters = 1024, MaxPeers = 64 }, new TrafficSystem(null), new Names(), TimeProvider.System);
    }

    [Fact]
    public void A_named_pod_and_its_service_have_what_was_sent()
    {
        Assert.True(collector.Collect().IsUp, collector.Current.Reason);
        Send(1, 100);
        TrafficSnapshot snapshot = collector.Collect();
        var expected = new Volume(12_800, 100);
        Assert.Equal(new PodTraffic(PodLabel.Named("shop", "pod1"), new TwoWay(expected, expected)), Assert.Single(snapshot.Pods));
        Assert.Equal(new TwoWay(expected, expected), Assert.Single(snapshot.Pairs).Total);
        Assert.Equal(new ServiceTraffic(new ServiceKey("shop", "svc"), TrafficServiceType.ClusterIp, new TwoWay(expected, expected)), Assert.Single(snapshot.Services));
        Assert.True(snapshot.Loopback.IsZero && snapshot.Pending.IsZero && snapshot.Unattributed.IsZero && snapshot.Overflow.IsZero);
    }

    [Fact]
    public void A_root_that_is_removed_and_made_anew_is_counted_on()
    {
        collector.Collect();
        Send(1, 10);
        collector.Collect();
        TestCgroups.Remove(cgroups.Root);
        TrafficSnapshot gone = collector.Collect();
        Assert.False(gone.IsUp);
        Assert.Contains("is not there", gone.Reason, StringComparison.Ordinal);
        Directory.CreateDirectory(cgroups.Root);
        Assert.True(collector.Collect().IsUp, collector.Current.Reason);
        Send(1, 5);
        Assert.Equal(15ul, Assert.Single(collector.Collect().Pods).Total.Transmit.Packets);
    }

    [Fact]
    public void A_root_that_was_exchanged_between_two_collections_is_noticed()
    {
        collector.Collect();
        TestCgroups.Remove(cgroups.Root);
        Directory.CreateDirectory(cgroups.Root);
        Assert.True(collector.Collect().IsUp, collector.Current.Reason);
        Send(2, 5);
        Assert.Equal(5ul, Assert.Single(collector.Collect().Pods).Total.Transmit.Packets);
    }

    public void Dispose()
    {
        collector?.Dispose();
        cgroups?.Dispose();
    }

    private void Send(int pod, int count)
    {
        using Socket socket = cgroups.In(cgroups.Pod(pod), () => Udp.Bound("127.0.0.1"));
        Udp.Send(socket, socket, count, 100);
    }

    /// <summary>Two pods; 127.0.0.1 is the service's ClusterIP, so that it needs no network.</summary>
    private sealed class Names : ITrafficNames
    {
        public TrafficNames? Current { get; } = new(
            [new TrafficPod(TestCgroups.Uid(1), "shop", "pod1"), new TrafficPod(TestCgroups.Uid(2), "shop", "pod2")],
            [new TrafficService("shop", "svc", TrafficServiceType.ClusterIp, ["127.0.0.1"], [], [])],
            []);
    }
}
