using Scout.Traffic.Cgroups;
using Scout.Traffic.Names;

namespace Scout.Traffic.Accounting;

/// <summary>What one collection found.</summary>
/// <param name="Now">Monotonic.</param>
/// <param name="Rows">All counters of the kernel.</param>
/// <param name="Overflow">What the kernel counted without a name since its map was made.</param>
/// <param name="Cgroups">What a walk after the reading found.</param>
/// <param name="Met">Also what walks since the last reading met, though it may be gone.</param>
internal sealed record TrafficReading(
    TimeSpan Now, IReadOnlyList<CounterRow> Rows, TwoWay Overflow, IReadOnlyDictionary<ulong, CgroupPlace> Cgroups, IReadOnlyDictionary<ulong, CgroupPlace> Met);

/// <summary>
/// Turns what the kernel counts by cgroup and peer into sums by pod and service that never fall. Pure: no clock, no file, no kernel. It holds that pods (shown or not), loopback,
/// pending, unattributed and overflow are together what the kernel counted.
/// </summary>
internal sealed class TrafficAccounts(TrafficAccountOptions options)
{
    private readonly Dictionary<CounterKey, CounterState> counters = [];
    private readonly Dictionary<ulong, CgroupAccount> cgroups = [];
    private readonly Dictionary<PodLabel, PodAccount> pods = [];
    private readonly Dictionary<ServiceKey, ServiceAccount> services = [];
    private readonly SeriesBound bound = new(options.MaxSeries);
    private TwoWay lastOverflow;

    public TwoWay Loopback { get; private set; }

    public TwoWay Unattributed { get; private set; }

    public TwoWay Overflow { get; private set; }

    /// <summary>Of pods whose series have expired.</summary>
    public TwoWay Retired { get; private set; }

    /// <summary>What waits for a name now.</summary>
    public TwoWay Pending => cgroups.Values.SelectMany(cgroup => cgroup.Waiting.Values).Aggregate(default(TwoWay), (sum, value) => sum + value);

    public long SeriesDropped => bound.Dropped;

    public IReadOnlyCollection<PodAccount> Pods => pods.Values;

    public IReadOnlyCollection<ServiceAccount> Services => services.Values;

    /// <summary>Cgroups and counters that are remembered: bounded by those of the kernel.</summary>
    public int Remembered => cgroups.Count + counters.Count;

    /// <summary>Adds what came since the last reading.</summary>
    /// <returns>Keys to delete from the kernel: their cgroup is gone, and they have been silent since.</returns>
    public IReadOnlyList<CounterKey> Apply(TrafficReading reading, PodBook book, PeerTable peers)
    {
        Meet(reading, book);
        ShowPods(reading.Now);
        foreach (CounterRow row in reading.Rows) Add(row, reading.Now, peers);
        AddOverflow(reading.Overflow);
        Settle(reading.Now, peers);
        Expire(reading.Now, peers);
        return Clean(reading);
    }

    private static Volume Since(Volume last, Volume now) =>
        now.Bytes < last.Bytes || now.Packets < last.Packets ? now : now - last;

    /// <summary>Brings places and labels up to date.</summary>
    private void Meet(TrafficReading reading, PodBook book)
    {
        foreach ((ulong id, CgroupPlace place) in reading.Met) CgroupOf(id).Place = place;
        foreach ((ulong id, CgroupPlace place) in reading.Cgroups)
        {
            CgroupAccount cgroup = CgroupOf(id);
            cgroup.Place = place;
            cgroup.GoneAt = null;
        }

        foreach ((ulong id, CgroupAccount cgroup) in cgroups)
        {
            if (!reading.Cgroups.ContainsKey(id)) cgroup.GoneAt ??= reading.Now;
            if (cgroup.Place?.Pod is { } pod && book.Find(pod) is { } label) cgroup.Label = label;
        }
    }

    /// <summary>Pods first, so that they are shown from 0 and before pairs take the room.</summary>
    private void ShowPods(TimeSpan now)
    {
        foreach (CgroupAccount cgroup in cgroups.Values)
        {
            if (cgroup.GoneAt is null && cgroup.Label is { } label) PodOf(label).SeenAt = now;
        }
    }

    private void Add(CounterRow row, TimeSpan now, PeerTable peers)
    {
        if (!counters.TryGetValue(row.Key, out CounterState? state)) counters[row.Key] = state = new CounterState { ChangedAt = now };
        Volume more = Since(state.Last, row.Value);
        state.Last = row.Value;
        if (more.IsZero) return;
        state.ChangedAt = now;
        if (row.Key.Peer == TrafficPeers.Loopback)
        {
            Loopback = Loopback.Plus(row.Key.Direction, more);
            return;
        }

        CgroupAccount cgroup = CgroupOf(row.Key.Cgroup);
        TwoWay both = default(TwoWay).Plus(row.Key.Direction, more);
        if (cgroup.Label is { } label) Credit(label, row.Key.Peer, both, now, peers);
        else if (cgroup.GaveUp || cgroup.Place is { Pod: null }) Unattributed += both;
        else Wait(cgroup, row.Key.Peer, both, now);
    }

    private static void Wait(CgroupAccount cgroup, uint peer, TwoWay both, TimeSpan now)
    {
        cgroup.WaitsSince ??= now;
        cgroup.Waiting[peer] = cgroup.Waiting.GetValueOrDefault(peer) + both;
    }

    private void AddOverflow(TwoWay now)
    {
        Overflow += new TwoWay(Since(lastOverflow.Receive, now.Receive), Since(lastOverflow.Transmit, now.Transmit));
        lastOverflow = now;
    }

    /// <summary>Waiting traffic goes to the pod that now has a name, or after a while, or when its cgroup is gone, to nobody for good.</summary>
    private void Settle(TimeSpan now, PeerTable peers)
    {
        foreach (CgroupAccount cgroup in cgroups.Values)
        {
            if (cgroup.Waiting.Count == 0) continue;
            if (cgroup.Label is { } label)
            {
                foreach ((uint peer, TwoWay both) in cgroup.Waiting) Credit(label, peer, both, now, peers);
            }
            else if (now - cgroup.WaitsSince >= options.Patience || cgroup.GoneAt is not null || cgroup.Place is { Pod: null })
            {
                foreach (TwoWay both in cgroup.Waiting.Values) Unattributed += both;
                cgroup.GaveUp = true;
            }
            else
            {
                continue;
            }

            cgroup.Waiting.Clear();
            cgroup.WaitsSince = null;
        }
    }

    private void Credit(PodLabel label, uint peer, TwoWay both, TimeSpan now, PeerTable peers)
    {
        PodAccount pod = PodOf(label);
        pod.Total += both;
        pod.SeenAt = now;
        if (peer < TrafficPeers.FirstService || !peers.TryService(peer, out ServiceKey key)) return;

        ServiceAccount service = ServiceOf(key);
        service.Total += new TwoWay(both.Transmit, both.Receive);
        service.SeenAt = now;
        PairAccount pair = PairOf(pod, key);
        pair.Total += both;
        pair.SeenAt = now;
    }

    private void Expire(TimeSpan now, PeerTable peers)
    {
        foreach (PodAccount pod in pods.Values.Where(pod => now - pod.SeenAt >= options.Grace).ToList())
        {
            foreach (PairAccount pair in pod.Pairs.Values) bound.Release(pair);
            bound.Release(pod);
            Retired += pod.Total;
            pods.Remove(pod.Label);
        }

        foreach (ServiceAccount service in services.Values.ToList())
        {
            if (peers.Services.Contains(service.Key)) service.SeenAt = now;
            if (now - service.SeenAt < options.Grace) continue;
            bound.Release(service);
            services.Remove(service.Key);
            foreach (PodAccount pod in pods.Values)
            {
                if (pod.Pairs.Remove(service.Key, out PairAccount? pair)) bound.Release(pair);
            }
        }
    }

    /// <summary>Only what has been silent for long: a running program may still hold the value.</summary>
    private List<CounterKey> Clean(TrafficReading reading)
    {
        var present = new HashSet<CounterKey>(reading.Rows.Select(row => row.Key));
        var delete = new List<CounterKey>();
        var counted = new HashSet<ulong>();
        foreach ((CounterKey key, CounterState state) in counters)
        {
            TimeSpan? gone = cgroups.GetValueOrDefault(key.Cgroup)?.GoneAt;
            if (gone is { } at && reading.Now - at >= options.Silence && reading.Now - state.ChangedAt >= options.Silence) delete.Add(key);
            else counted.Add(key.Cgroup);
        }

        foreach (CounterKey key in delete) counters.Remove(key);
        foreach ((ulong id, CgroupAccount cgroup) in cgroups.Where(entry => entry.Value.GoneAt is not null && !counted.Contains(entry.Key)).ToList())
        {
            if (cgroup.Waiting.Count == 0) cgroups.Remove(id);
        }

        return [.. delete.Where(present.Contains)];
    }

    private CgroupAccount CgroupOf(ulong id)
    {
        if (!cgroups.TryGetValue(id, out CgroupAccount? cgroup)) cgroups[id] = cgroup = new CgroupAccount();
        return cgroup;
    }

    private PodAccount PodOf(PodLabel label)
    {
        if (pods.TryGetValue(label, out PodAccount? pod)) return pod;
        pods[label] = pod = new PodAccount(label);
        if (!label.IsNamed || options.Shows(label.Namespace)) bound.AdmitPod(pod);
        return pod;
    }

    private ServiceAccount ServiceOf(ServiceKey key)
    {
        if (services.TryGetValue(key, out ServiceAccount? service)) return service;
        services[key] = service = new ServiceAccount(key);
        if (options.Shows(key.Namespace)) bound.AdmitService(service);
        return service;
    }

    private PairAccount PairOf(PodAccount pod, ServiceKey key)
    {
        if (pod.Pairs.TryGetValue(key, out PairAccount? pair)) return pair;
        pod.Pairs[key] = pair = new PairAccount(pod, key);
        if (pod.Shown && options.Shows(key.Namespace)) bound.AdmitPair(pair);
        return pair;
    }
}
