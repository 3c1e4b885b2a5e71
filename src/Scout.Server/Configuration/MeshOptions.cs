using System.Collections.Immutable;
using System.Net;
using Scout.Protocol.Mesh;
using Scout.Server.Metrics.Mesh;

namespace Scout.Server.Configuration;

/// <summary><c>mesh:</c> (mesh.md section 2), validated.</summary>
public sealed record MeshOptions
{
    /// <summary>One number for UDP and TCP.</summary>
    public const int DefaultPort = 8620;

    /// <summary>
    /// When nobody says, on where peers can be known at all: with a broker, or with sources of peers in the file. A node alone opens no port for nothing.
    /// </summary>
    public bool Enabled { get; init; }

    /// <summary>Null: every address, or the loopback one in dev mode, where the whole fleet is on this host.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>0: a free one. Peers learn it from the roster.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Somebody asked for <see cref="Port"/>: when it is taken the node does not start. Else it takes a free one and says so.</summary>
    public bool PortGiven { get; init; }

    public MeshAllow Allow { get; init; } = MeshAllow.Any;

    /// <summary>Source ports below 1024 that are answered all the same.</summary>
    public ImmutableArray<int> AllowSourcePorts { get; init; } = [];

    /// <summary>Kind, k and zone floor.</summary>
    public MeshTopologyOptions Topology { get; init; } = MeshTopologyOptions.Default;

    /// <summary>100 ms to 1 m.</summary>
    public TimeSpan UdpInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>10 ms to 10 s.</summary>
    public TimeSpan UdpTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After the send, at least the timeout, up to 1 m.</summary>
    public TimeSpan UdpLate { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Source ports, 1 to 16.</summary>
    public int UdpPorts { get; init; } = 16;

    /// <summary>First of that many source ports; 0: ephemeral ones.</summary>
    public int UdpFirstPort { get; init; }

    /// <summary>Zero: no TCP probes; else 1 s to 10 m.</summary>
    public TimeSpan TcpInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>50 ms to 10 s; below 1 s a lost SYN is seen.</summary>
    public TimeSpan TcpTimeout { get; init; } = TimeSpan.FromMilliseconds(900);

    /// <summary>Rotating long-range probes a second, 0 or 1.</summary>
    public int ShiftPerSecond { get; init; } = 1;

    /// <summary>Zero: no full-size probes; else 10 s to 1 h.</summary>
    public TimeSpan MtuInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Quick packets after a loss, 0 to 5.</summary>
    public int ReactivePackets { get; init; } = 5;

    /// <summary>Nodes that the broker asks before it blames, 0 to 9. Read by the broker's service; a node only knows its default.</summary>
    public int ReactiveWitnesses { get; init; } = 3;

    /// <summary>Quick and asked packets a second, 0 to 200.</summary>
    public int ReactiveBudget { get; init; } = 20;

    /// <summary>Zero: no traces; else 1 s to 1 h between two to one peer.</summary>
    public TimeSpan TraceCooldown { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>1 to 64.</summary>
    public int TraceHops { get; init; } = 30;

    /// <summary>How long a node that stops still answers, saying so; 0 to 30 s.</summary>
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long edges of old rings are kept; 0 to 30 s.</summary>
    public TimeSpan DrainHold { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The earlier wins.</summary>
    public ImmutableArray<PeerSourceOptions> Sources { get; init; } = [new RosterSourceOptions()];

    /// <summary>A silent peer is forgotten after it, 1 m to 30 d.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Both: each peer's host is probed beside its pod.</summary>
    public bool HostPlane { get; init; }

    public MeshMetricsOptions Metrics { get; init; } = new();
}

/// <summary>Whom the responder answers.</summary>
/// <param name="Roster">Only the addresses of known peers.</param>
/// <param name="Networks">Only these; empty and not <paramref name="Roster"/>: everybody.</param>
public sealed record MeshAllow(bool Roster, ImmutableArray<IPNetwork> Networks)
{
    public static MeshAllow Any { get; } = new(false, []);

    /// <inheritdoc/>
    public override string ToString() => Roster ? "roster" : Networks.IsEmpty ? "any" : "[" + string.Join(", ", Networks) + "]";
}

/// <summary>Where peers come from.</summary>
public abstract record PeerSourceOptions
{
    /// <summary>Its word in the configuration.</summary>
    public abstract string Kind { get; }
}

/// <summary>The roster of the broker.</summary>
public sealed record RosterSourceOptions : PeerSourceOptions
{
    public override string Kind => "roster";
}

/// <summary>A list in the configuration.</summary>
public sealed record StaticSourceOptions(ImmutableArray<PeerEntry> Peers) : PeerSourceOptions
{
    public override string Kind => "static";
}

/// <summary>The same list in a YAML file that is watched.</summary>
/// <param name="Path">Absolute.</param>
public sealed record FileSourceOptions(string Path) : PeerSourceOptions
{
    public override string Kind => "file";
}

/// <summary>A name with many addresses; who is behind each says <c>/mesh/ping</c>.</summary>
/// <param name="Name">Of a headless service.</param>
/// <param name="Refresh">1 s to 1 h.</param>
public sealed record DnsSourceOptions(string Name, TimeSpan Refresh) : PeerSourceOptions
{
    public override string Kind => "dns";
}

/// <summary>The server pods of the own namespace, and their nodes; read from the cluster's API by each node.</summary>
/// <param name="Selector">Label selector of the pods.</param>
/// <param name="Port">Where they answer, UDP and TCP.</param>
/// <param name="Nodes">Read the cluster's nodes, too: zones, cordons, readiness.</param>
public sealed record KubernetesSourceOptions(string Selector, int Port, bool Nodes) : PeerSourceOptions
{
    /// <summary>The labels that the chart gives to server pods, of any release of the namespace.</summary>
    public const string DefaultSelector = "app.kubernetes.io/name=scout,app.kubernetes.io/component=server";

    public override string Kind => "kubernetes";
}

/// <summary>A peer as somebody wrote it down.</summary>
/// <param name="Name">Node name.</param>
/// <param name="Addresses">One or two: pod, host.</param>
/// <param name="Port">UDP and TCP.</param>
/// <param name="Zone">Empty: unknown.</param>
public sealed record PeerEntry(string Name, ImmutableArray<IPAddress> Addresses, int Port, string Zone);
