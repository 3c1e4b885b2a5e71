namespace Scout.Traffic.Names;

/// <summary>Why an address belongs to a service; the lower wins, and gets its place first.</summary>
internal enum PeerKind
{
    ClusterIp,
    External,
    Endpoint,
}

/// <summary>Which address belongs to which service: a pure function of the names.</summary>
internal sealed class PeerPlan
{
    private readonly Dictionary<PeerKey, Claim> claims = [];

    private PeerPlan()
    {
    }

    public static PeerPlan Empty { get; } = new();

    /// <summary>All entries, ClusterIPs first, then external addresses, then endpoints; in order of address within.</summary>
    public IReadOnlyList<(PeerKey Key, ServiceKey Service)> Entries { get; private set; } = [];

    public IReadOnlySet<ServiceKey> Services { get; private set; } = new HashSet<ServiceKey>();

    /// <summary>How many addresses belong to several services with the same right, and to none therefore.</summary>
    public int Ambiguous { get; private set; }

    public static PeerPlan Build(TrafficNames? names, ServiceScope scope)
    {
        if (names is null || scope == ServiceScope.None) return Empty;
        var plan = new PeerPlan();
        var known = new Dictionary<ServiceKey, bool>();
        foreach (TrafficService service in names.Services)
        {
            var owner = new ServiceKey(service.Namespace, service.Name);
            bool headless = true;
            foreach (string address in service.ClusterIps)
            {
                // "None" is no address.
                if (!PeerKey.TryCreate(address, default, out PeerKey key)) continue;
                headless = false;
                plan.Claim(key, PeerKind.ClusterIp, headless: false, owner);
            }

            known[owner] = headless;
            plan.ClaimEach(service.ExternalAddresses, service.Ports, PeerKind.External, headless, owner);
        }

        foreach (TrafficEndpoints slice in scope == ServiceScope.All ? names.Endpoints : [])
        {
            var owner = new ServiceKey(slice.Namespace, slice.Service);
            if (known.TryGetValue(owner, out bool headless)) plan.ClaimEach(slice.Addresses, slice.Ports, PeerKind.Endpoint, headless, owner);
        }

        plan.Services = known.Keys.ToHashSet();
        plan.Ambiguous = plan.claims.Values.Count(claim => claim.Shared);
        plan.Entries =
        [
            .. plan.claims.Where(claim => !claim.Value.Shared).OrderBy(claim => claim.Value.Kind).ThenBy(claim => claim.Key, Comparer<PeerKey>.Create(PeerKey.Compare))
                .Select(claim => (claim.Key, claim.Value.Owner)),
        ];
        return plan;
    }

    private void ClaimEach(IReadOnlyList<string> addresses, IReadOnlyList<TrafficPort> ports, PeerKind kind, bool headless, ServiceKey owner)
    {
        foreach (string address in addresses)
        {
            // Never by the address alone: k3s gives the nodes' own addresses to its load balancers.
            foreach (TrafficPort port in ports)
            {
                if (port.Port > 0 && port.Protocol > 0 && PeerKey.TryCreate(address, port, out PeerKey key)) Claim(key, kind, headless, owner);
            }
        }
    }

    /// <summary>External addresses beat endpoints; a service with a ClusterIP beats a headless one (the usual pair of a StatefulSet).</summary>
    private void Claim(PeerKey key, PeerKind kind, bool headless, ServiceKey owner)
    {
        var mine = new Claim(kind, headless, owner, Shared: false);
        if (!claims.TryGetValue(key, out Claim? other))
        {
            claims[key] = mine;
            return;
        }

        int order = (mine.Kind, mine.Headless).CompareTo((other.Kind, other.Headless));
        if (order < 0) claims[key] = mine;
        else if (order == 0 && other.Owner != owner) claims[key] = other with { Shared = true };
    }
}

/// <summary>Who claims an address.</summary>
internal sealed record Claim(PeerKind Kind, bool Headless, ServiceKey Owner, bool Shared);
