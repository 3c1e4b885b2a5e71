using Scout.Traffic.Accounting;
using Scout.Traffic.Cgroups;
using Scout.Traffic.Kernel;

namespace Scout.Traffic.Collecting;

/// <summary>What sockets of one cgroup said to one peer.</summary>
/// <param name="Cgroup">Path below the root, <c>/</c> for the root; <c>?</c> for one that is gone and was never met.</param>
/// <param name="PodUid">Empty for what is no pod's.</param>
/// <param name="Peer">Other or loopback (<see cref="TrafficPeers"/>): without an API no service is known.</param>
public sealed record TopRow(string Cgroup, string PodUid, uint Peer, TwoWay Total);

/// <summary>Counts below a cgroup for its own lifetime: for people and for tests.</summary>
public sealed class TrafficTop : IDisposable
{
    private readonly TrafficKernel kernel;
    private readonly CgroupTree tree = new();
    private readonly Dictionary<ulong, CgroupPlace> met = [];
    private readonly List<CounterRow> rows = [];

    private TrafficTop(TrafficKernel kernel, string root)
    {
        this.kernel = kernel;
        Root = root;
    }

    /// <summary>Absolute path of the cgroup.</summary>
    public string Root { get; }

    public bool ByLink => kernel.ByLink;

    /// <summary>What had no room in the kernel's map.</summary>
    public TwoWay Overflow => kernel.ReadOverflow();

    /// <summary>Loads and attaches.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    /// <exception cref="IOException">There is no such cgroup.</exception>
    /// <exception cref="PlatformNotSupportedException">Not for this machine.</exception>
    public static TrafficTop Attach(string root)
    {
        var loaded = TrafficKernel.Load(LinuxBpf.Open(), new TrafficOptions { MaxPeers = 1 }, PossibleCpus.Read());
        try
        {
            loaded.Attach(root);
            return new TrafficTop(loaded, root);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>All that was counted since the attachment, the most bytes first.</summary>
    public IReadOnlyList<TopRow> Read()
    {
        kernel.ReadCounters(rows);
        foreach ((ulong id, CgroupPlace place) in tree.Walk(Root)) met[id] = place;
        var sums = new Dictionary<(ulong Cgroup, uint Peer), TwoWay>();
        foreach (CounterRow row in rows)
        {
            (ulong, uint) key = (row.Key.Cgroup, row.Key.Peer);
            sums[key] = sums.GetValueOrDefault(key).Plus(row.Key.Direction, row.Value);
        }

        foreach (ulong id in met.Keys.Where(id => !rows.Exists(row => row.Key.Cgroup == id)).ToList()) met.Remove(id);
        return
        [
            .. sums.Select(entry => Row(entry.Key.Cgroup, entry.Key.Peer, entry.Value))
                .OrderByDescending(row => row.Total.Both.Bytes).ThenBy(row => row.Cgroup, StringComparer.Ordinal).ThenBy(row => row.Peer),
        ];
    }

    public void Dispose() => kernel.Dispose();

    private TopRow Row(ulong id, uint peer, TwoWay total)
    {
        if (!met.TryGetValue(id, out CgroupPlace? place)) return new TopRow("?", "", peer, total);
        string below = place.Path.Length > Root.Length ? place.Path[Root.TrimEnd('/').Length..] : "/";
        return new TopRow(below, place.Pod?.Uid ?? "", peer, total);
    }
}
