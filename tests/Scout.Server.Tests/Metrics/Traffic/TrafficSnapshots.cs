using Scout.Traffic;
using Scout.Traffic.Names;

namespace Scout.Server.Tests.Metrics.Traffic;

/// <summary>Snapshots made by hand.</summary>
internal static class TrafficSnapshots
{
    /// <summary>Two pods, one of them without a name, a pair, a service: all families have something.</summary>
    public static TrafficSnapshot Busy()
    {
        var web = PodLabel.Named("shop", "web");
        var db = new ServiceKey("shop", "db");
        var both = new TwoWay(new Volume(50, 2), new Volume(300, 3));
        return new TrafficSnapshot
        {
            IsUp = true,
            Number = 3,
            At = TimeSpan.FromSeconds(30),
            Taken = DateTimeOffset.UnixEpoch.AddSeconds(1000),
            Duration = TimeSpan.FromMilliseconds(2),
            Root = "/sys/fs/cgroup/kubepods.slice",
            Attach = "link",
            Pods = [new PodTraffic(web, both), new PodTraffic(PodLabel.Unnamed("0a1b"), default)],
            Pairs = [new PairTraffic(web, db, both)],
            Services = [new ServiceTraffic(db, TrafficServiceType.ClusterIp, new TwoWay(both.Transmit, both.Receive))],
            Loopback = both,
            Unattributed = new TwoWay(new Volume(1, 1), default),
            Maps = [new MapUse("peers", 1, 65536), new MapUse("counters", 4, 16384)],
            AmbiguousPeers = 2,
            Programs = [new ProgramUse(TrafficDirection.Receive, 0.5, 10), new ProgramUse(TrafficDirection.Transmit, 0.25, 5)],
        };
    }
}
