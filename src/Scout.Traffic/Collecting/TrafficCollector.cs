using Scout.Traffic.Accounting;
using Scout.Traffic.Cgroups;
using Scout.Traffic.Kernel;
using Scout.Traffic.Names;

namespace Scout.Traffic.Collecting;

/// <summary>
/// Joins kernel, cgroups and names: <see cref="Walk"/> every 2 s, <see cref="Collect"/> every 10 s, both by one owner. What fails is the next snapshot's reason, and is tried again
/// at the next collection; sums live on.
/// </summary>
internal sealed class TrafficCollector(TrafficOptions options, ITrafficSystem system, ITrafficNames names, TimeProvider time) : IDisposable
{
    private readonly TrafficAccounts accounts = new(options.Accounts);
    private readonly PeerTable peers = new();
    private readonly List<CounterRow> rows = [];
    private readonly long started = time.GetTimestamp();
    private ITrafficKernel? kernel;
    private TrafficNames? applied;
    private PodBook book = new(null);
    private Dictionary<ServiceKey, TrafficServiceType> types = [];
    private IReadOnlyDictionary<ulong, CgroupPlace> walked = new Dictionary<ulong, CgroupPlace>();
    private string? root;
    private ulong rootId;
    private bool hasRead;
    private long number;
    private TrafficSnapshot current = TrafficSnapshot.None;

    /// <summary>The newest; may be read by everybody.</summary>
    public TrafficSnapshot Current => Volatile.Read(ref current);

    /// <summary>Meets cgroups that may not live until the next collection.</summary>
    public void Walk()
    {
        if (root is null || kernel is null || !kernel.IsAttached) return;
        Merge(system.Cgroups.Walk(root));
    }

    /// <summary>Reads the kernel and makes a snapshot.</summary>
    public TrafficSnapshot Collect()
    {
        long begin = time.GetTimestamp();
        string reason;
        try
        {
            reason = Prepare();
            if (kernel is { } loaded && (reason.Length == 0 || hasRead)) Read(loaded);
        }
        catch (Exception error) when (error is BpfException or IOException or UnauthorizedAccessException or FormatException or PlatformNotSupportedException)
        {
            reason = error.Message;
        }

        TrafficSnapshot snapshot = Snapshot(reason, begin);
        Volatile.Write(ref current, snapshot);
        return snapshot;
    }

    /// <summary>Reads once more, then lets go of links, programs and maps.</summary>
    public void Dispose()
    {
        if (kernel is null) return;
        if (kernel.IsAttached) Collect();
        kernel.Dispose();
        kernel = null;
    }

    /// <summary>Gets everything into place.</summary>
    /// <returns>Why nothing is counted; empty when it is.</returns>
    private string Prepare()
    {
        string? path = system.FindRoot(options.CgroupRoot, out string reason);
        ulong? id = path is null ? null : system.Cgroups.IdOf(path);
        if (path is null || id is null)
        {
            // Without a root nothing is loaded: a machine without pods pays nothing.
            kernel?.Detach();
            root = null;
            return path is null ? reason : $"the cgroup {path} has no id";
        }

        kernel ??= system.Load(options);
        ApplyNames(kernel);

        // The kernel says 0 once the cgroup is gone, also when another one has its name by now.
        if (kernel.IsAttached && (root != path || rootId != id || kernel.AttachedCgroup == 0)) kernel.Detach();
        if (!kernel.IsAttached) kernel.Attach(path);
        (root, rootId) = (path, id.Value);
        return "";
    }

    private void ApplyNames(ITrafficKernel loaded)
    {
        if (names.Current is not { } now || ReferenceEquals(now, applied)) return;
        peers.Apply(PeerPlan.Build(now, options.Services), loaded.Peers);
        book = new PodBook(now);
        types = [];
        foreach (TrafficService service in now.Services) types[new ServiceKey(service.Namespace, service.Name)] = service.Type;
        applied = now;
    }

    private void Read(ITrafficKernel loaded)
    {
        loaded.ReadCounters(rows);
        hasRead = true;

        // After the reading: whoever was counted and is not met now is gone.
        IReadOnlyDictionary<ulong, CgroupPlace> now = root is null ? new Dictionary<ulong, CgroupPlace>() : system.Cgroups.Walk(root);
        Merge(now);
        TwoWay overflow = loaded.ReadOverflow();
        IReadOnlyList<CounterKey> delete = accounts.Apply(new TrafficReading(time.GetElapsedTime(started), rows, overflow, now, walked), book, peers);
        walked = now;
        foreach (CounterKey key in delete) loaded.Delete(key);
        peers.Forget(rows.Select(row => row.Key.Peer).ToHashSet());
    }

    /// <summary>Keeps what was met since the last collection, though it may be gone by the next.</summary>
    private void Merge(IReadOnlyDictionary<ulong, CgroupPlace> met)
    {
        var all = new Dictionary<ulong, CgroupPlace>(walked);
        foreach ((ulong id, CgroupPlace place) in met) all[id] = place;
        walked = all;
    }

    private TrafficSnapshot Snapshot(string reason, long begin)
    {
        bool fresh = kernel is not null && hasRead;
        return new TrafficSnapshot
        {
            IsUp = reason.Length == 0,
            Reason = reason,
            Number = ++number,
            At = time.GetElapsedTime(started),
            Taken = time.GetUtcNow(),
            Duration = time.GetElapsedTime(begin),
            Root = root ?? "",
            Attach = kernel is null || !kernel.IsAttached ? "" : kernel.ByLink ? "link" : "multi",
            Pods = [.. accounts.Pods.Where(pod => pod.Shown).OrderBy(pod => pod.Label.ToString(), StringComparer.Ordinal).Select(pod => new PodTraffic(pod.Label, pod.Total))],
            Pairs =
            [
                .. accounts.Pods.OrderBy(pod => pod.Label.ToString(), StringComparer.Ordinal).SelectMany(pod => pod.Pairs.Values)
                    .Where(pair => pair.Shown).Select(pair => new PairTraffic(pair.Pod.Label, pair.Service, pair.Total)),
            ],
            Services =
            [
                .. accounts.Services.Where(service => service.Shown).OrderBy(service => service.Key.Namespace, StringComparer.Ordinal)
                    .ThenBy(service => service.Key.Name, StringComparer.Ordinal)
                    .Select(service => new ServiceTraffic(service.Key, types.GetValueOrDefault(service.Key), service.Total)),
            ],
            Loopback = accounts.Loopback,
            Unattributed = accounts.Unattributed,
            Overflow = accounts.Overflow,
            Pending = accounts.Pending,
            Maps = kernel is null ? [] : [new MapUse("peers", peers.Entries, kernel.Peers.Capacity), new MapUse("counters", rows.Count, kernel.CounterCapacity)],
            AmbiguousPeers = peers.Ambiguous,
            PeersDropped = peers.Dropped,
            SeriesDropped = accounts.SeriesDropped,
            Programs = fresh ? kernel!.ProgramUse() : [],
        };
    }
}
