namespace Scout.Traffic.Names;

/// <summary>The kernel's table of peers.</summary>
internal interface IPeerMap
{
    /// <summary>How many entries it takes.</summary>
    int Capacity { get; }

    /// <summary>False when it is full.</summary>
    bool TrySet(PeerKey key, uint peer);

    void Remove(PeerKey key);
}

/// <summary>Hands out peer ids and keeps the kernel's table as the plan says, by differences.</summary>
internal sealed class PeerTable
{
    private readonly Dictionary<PeerKey, uint> entries = [];
    private readonly Dictionary<ServiceKey, uint> ids = [];
    private readonly Dictionary<uint, ServiceKey> services = [];
    private PeerPlan plan = PeerPlan.Empty;
    private uint next = TrafficPeers.FirstService;

    public int Entries => entries.Count;

    public int Ambiguous => plan.Ambiguous;

    /// <summary>How many addresses found no place.</summary>
    public int Dropped { get; private set; }

    /// <summary>The services that exist now.</summary>
    public IReadOnlySet<ServiceKey> Services => plan.Services;

    /// <summary>The service of a peer id; also of a service that is gone, while the kernel counts under its id.</summary>
    public bool TryService(uint peer, out ServiceKey service) => services.TryGetValue(peer, out service);

    public void Apply(PeerPlan wanted, IPeerMap map)
    {
        plan = wanted;
        var keep = new Dictionary<PeerKey, ServiceKey>(wanted.Entries.Count);
        foreach ((PeerKey key, ServiceKey service) in wanted.Entries.Take(map.Capacity)) keep[key] = service;
        Dropped = wanted.Entries.Count - keep.Count;

        foreach (PeerKey key in entries.Keys.Where(key => !keep.ContainsKey(key)).ToList())
        {
            map.Remove(key);
            entries.Remove(key);
        }

        foreach ((PeerKey key, ServiceKey service) in keep)
        {
            // The id before the entry: a packet may be counted under it at once.
            uint id = IdOf(service);
            if (entries.TryGetValue(key, out uint now) && now == id) continue;
            if (map.TrySet(key, id)) entries[key] = id;
            else Dropped++;
        }
    }

    /// <summary>Forgets the ids of services that are gone, and that no counter of the kernel names any more.</summary>
    public void Forget(IReadOnlySet<uint> counted)
    {
        foreach ((uint id, ServiceKey service) in services.Where(entry => !plan.Services.Contains(entry.Value) && !counted.Contains(entry.Key)).ToList())
        {
            services.Remove(id);
            ids.Remove(service);
        }
    }

    private uint IdOf(ServiceKey service)
    {
        if (ids.TryGetValue(service, out uint id)) return id;
        id = next++;
        ids[service] = id;
        services[id] = service;
        return id;
    }
}
