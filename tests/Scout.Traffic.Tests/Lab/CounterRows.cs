using System.Net;
using Scout.Traffic.Accounting;
using Scout.Traffic.Kernel;
using Scout.Traffic.Names;

namespace Scout.Traffic.Tests.Lab;

/// <summary>Short ways to ask the kernel side.</summary>
internal static class CounterRows
{
    public static List<CounterRow> Read(this TrafficKernel kernel)
    {
        var rows = new List<CounterRow>();
        kernel.ReadCounters(rows);
        return rows;
    }

    /// <summary>Of one cgroup and peer.</summary>
    public static TwoWay Of(this IEnumerable<CounterRow> rows, string cgroup, uint peer)
    {
        ulong id = TestCgroups.IdOf(cgroup);
        return rows.Where(row => row.Key.Cgroup == id && row.Key.Peer == peer).Aggregate(default(TwoWay), (sum, row) => sum.Plus(row.Key.Direction, row.Value));
    }

    public static void Peer(this TrafficKernel kernel, string address, uint peer, int port = 0, int protocol = 0)
    {
        Assert.True(PeerKey.TryCreate(IPAddress.Parse(address).ToString(), new TrafficPort(port, protocol), out PeerKey key));
        Assert.True(kernel.TrySet(key, peer));
    }
}
