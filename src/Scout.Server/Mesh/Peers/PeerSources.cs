using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Scout.Server.Cluster;
using Scout.Server.Configuration;

namespace Scout.Server.Mesh.Peers;

/// <summary>All sources of the configuration in their order, and the list on disk behind them until each has spoken once.</summary>
internal sealed class PeerSources : IAsyncDisposable
{
    private readonly ImmutableArray<IPeerSource> sources;
    private readonly ImmutableArray<PeerSeen> saved;

    public PeerSources(MeshOptions options, string self, ImmutableArray<PeerSeen> saved, IPeerNames names, NodeCluster cluster, TimeProvider time, ILogger log)
    {
        this.saved = saved;
        Roster = options.Sources.Any(static one => one is RosterSourceOptions) ? new RosterPeers(self, time, log) : null;
        sources =
        [
            .. options.Sources.Select(one => one switch
            {
                RosterSourceOptions => (IPeerSource)Roster!,
                StaticSourceOptions list => new StaticPeers(list.Peers, MeshClock.Now(time)),
                FileSourceOptions file => new FilePeers(file.Path, time, log),
                DnsSourceOptions dns => new DnsPeers(dns, names, time, log),
                KubernetesSourceOptions pods => new KubernetesPeers(pods, self, options.HostPlane, cluster, time, log),
                _ => throw new ArgumentException($"no source is {one.Kind}", nameof(options)),
            }),
        ];
    }

    public RosterPeers? Roster { get; }

    /// <summary>Zone of this node as the broker or the cluster's API tells it; empty: not known.</summary>
    public string OwnZone =>
        Roster?.OwnPlace?.Zone is { Length: > 0 } placed ? placed : sources.OfType<KubernetesPeers>().Select(static one => one.OwnZone).FirstOrDefault(static zone => zone.Length > 0) ?? "";

    /// <summary>For people: <c>roster, static</c>.</summary>
    public string Words => string.Join(", ", sources.Select(static one => one.Kind));

    /// <summary>The lists of now, the earlier source first.</summary>
    public IEnumerable<ImmutableArray<PeerSeen>> Lists() =>
        sources.All(static one => one.IsReady) ? sources.Select(static one => one.Peers) : [.. sources.Select(static one => one.Peers), saved];

    /// <summary>When any list was last known to be right; null: never.</summary>
    public long? ConfirmedAt => sources.Max(static one => one.ConfirmedAt);

    public void Start(Action changed)
    {
        foreach (IPeerSource source in sources) source.Start(changed);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IPeerSource source in sources) await source.DisposeAsync();
    }
}
