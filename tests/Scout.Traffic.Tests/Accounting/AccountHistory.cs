using Scout.Traffic.Accounting;
using Scout.Traffic.Cgroups;
using Scout.Traffic.Names;
using Scout.Traffic.Tests.Lab;
using Scout.Traffic.Tests.Names;

namespace Scout.Traffic.Tests.Accounting;

/// <summary>A node of the imagination: cgroups come and go, the kernel counts, the API names late. All in virtual time.</summary>
internal sealed class AccountHistory
{
    private readonly Dictionary<CounterKey, Volume> kernel = [];
    private readonly Dictionary<ulong, CgroupPlace> cgroups = [];
    private readonly List<TrafficPod> pods = [];
    private readonly PeerTable peers = new();
    private bool hasApi = true;

    public AccountHistory(TrafficAccountOptions? options = null)
    {
        Accounts = new TrafficAccounts(options ?? new TrafficAccountOptions());
        var services = new List<TrafficService>();
        for (int i = 0; i < 5; i++) services.Add(new TrafficService("shop", $"svc{i}", TrafficServiceType.ClusterIp, [$"10.96.0.{i + 1}"], [], []));
        peers.Apply(PeerPlan.Build(new TrafficNames([], services, []), ServiceScope.All), new FakePeerMap(100));
    }

    public TrafficAccounts Accounts { get; }

    public TimeSpan Now { get; private set; }

    public TwoWay KernelOverflow { get; set; }

    /// <summary>All that the kernel ever counted.</summary>
    public TwoWay Counted { get; private set; }

    public int Rows => kernel.Count;

    public void WithoutApi() => hasApi = false;

    public void Create(ulong id, int pod) => cgroups[id] = new CgroupPlace($"/kubepods/pod{TestCgroups.Uid(pod)}", PodCgroup.Parse($"/kubepods/pod{TestCgroups.Uid(pod)}"));

    public void CreateOther(ulong id) => cgroups[id] = new CgroupPlace("/kubepods", null);

    public void Remove(ulong id) => cgroups.Remove(id);

    public void Name(int pod, string name, string ns = "shop") => pods.Add(new TrafficPod(TestCgroups.Uid(pod), ns, name));

    public void Unname(int pod) => pods.RemoveAll(named => named.Uid == TestCgroups.Uid(pod));

    public void Count(ulong cgroup, uint peer, TrafficDirection direction, ulong bytes, ulong packets = 1)
    {
        var key = new CounterKey(cgroup, peer, direction);
        var more = new Volume(bytes, packets);
        kernel[key] = kernel.GetValueOrDefault(key) + more;
        Counted = Counted.Plus(direction, more);
    }

    public void CountOverflow(TrafficDirection direction, ulong bytes)
    {
        KernelOverflow = KernelOverflow.Plus(direction, new Volume(bytes, 1));
        Counted = Counted.Plus(direction, new Volume(bytes, 1));
    }

    public void Collect(int seconds = 10)
    {
        Now += TimeSpan.FromSeconds(seconds);
        CounterRow[] rows = [.. kernel.Select(entry => new CounterRow(entry.Key, entry.Value))];
        var reading = new TrafficReading(Now, rows, KernelOverflow, new Dictionary<ulong, CgroupPlace>(cgroups), new Dictionary<ulong, CgroupPlace>(cgroups));
        foreach (CounterKey key in Accounts.Apply(reading, new PodBook(hasApi ? new TrafficNames([.. pods], [], []) : null), peers)) Assert.True(kernel.Remove(key));
    }

    public PodAccount? Pod(string name) => Accounts.Pods.SingleOrDefault(pod => pod.Label == PodLabel.Named("shop", name));

    public TwoWay Total(string name) => Pod(name)?.Total ?? default;

    public ServiceAccount Service(int number) => Accounts.Services.Single(service => service.Key.Name == $"svc{number}");

    /// <summary>Pods, shown or not, and all the rest are together what the kernel counted.</summary>
    public void AssertWhole()
    {
        TwoWay sum = Accounts.Pods.Aggregate(default(TwoWay), (total, pod) => total + pod.Total)
            + Accounts.Retired + Accounts.Loopback + Accounts.Pending + Accounts.Unattributed + Accounts.Overflow;
        Assert.Equal(Counted, sum);
        foreach (PodAccount pod in Accounts.Pods)
        {
            TwoWay pairs = pod.Pairs.Values.Aggregate(default(TwoWay), (total, pair) => total + pair.Total);
            Assert.True(pairs.Receive.Bytes <= pod.Total.Receive.Bytes && pairs.Transmit.Bytes <= pod.Total.Transmit.Bytes);
        }
    }
}
