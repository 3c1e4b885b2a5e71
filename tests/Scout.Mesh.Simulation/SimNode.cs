using System.Collections.Immutable;
using System.Net;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Probing;
using Scout.Server.Mesh.Reporting;
using Scout.Server.Mesh.Statistics;

namespace Scout.Mesh.Simulation;

/// <summary>A node: the real prober core, statistics and reporter on a simulated network.</summary>
internal sealed class SimNode : IProbeSender, ITelemetryLine
{
    private static readonly IPAddress Somewhere = IPAddress.Loopback;
    private const long Second = 1_000_000_000;
    private const long Hold = 2 * Second;

    private readonly SimFleet fleet;
    private readonly Dictionary<int, uint> answered = [];
    private readonly Dictionary<int, int> received = [];
    private readonly Dictionary<string, long> held = new(StringComparer.Ordinal);
    private readonly MeshStatistics statistics;
    private ImmutableHashSet<string> neighbours = ImmutableHashSet<string>.Empty;
    private MeshView view;

    public SimNode(SimFleet fleet, int index, string zone, int zoneIndex, uint incarnation, long listedAt, ulong seed)
    {
        this.fleet = fleet;
        Index = index;
        Name = $"n{index:0000}";
        Id = NodeId.Of(Name);
        Zone = zone;
        ZoneIndex = zoneIndex;
        Incarnation = incarnation;
        ListedAt = listedAt;
        view = MeshView.Empty(Name);
        statistics = new MeshStatistics(compat: false, 0, static (_, _) => { }, () => fleet.Soon(this));
        Core = new ProberCore(new ProberSettings { TcpInterval = 0, TraceCooldown = 0 }, Id, statistics, seed, fleet.Time.Now + (long)(seed % Second)) { UnixOffset = SimTime.UnixOffset };
        Reporter = new MeshReporter(Name, incarnation, statistics, new ReportSources(() => view, StateOf, TakeReceived), this, fleet.Time);
    }

    public int Index { get; }

    public string Name { get; }

    public ulong Id { get; }

    public string Zone { get; }

    public int ZoneIndex { get; }

    public uint Incarnation { get; }

    /// <summary>When it was listed, ns.</summary>
    public long ListedAt { get; }

    public ProberCore Core { get; }

    public MeshReporter Reporter { get; }

    /// <summary>Neither probes nor answers.</summary>
    public bool Dead { get; set; }

    /// <summary>Said goodbye.</summary>
    public bool Leaving { get; set; }

    /// <summary>Until when it stands still, ns; 0: it does not.</summary>
    public long FrozenUntil { get; set; }

    /// <summary>What came while it stood still.</summary>
    public List<SimEvent> Missed { get; } = [];

    /// <summary>When it is to be woken, ns.</summary>
    public long WakesAt { get; set; } = long.MaxValue;

    public bool IsOpen => !Dead;

    /// <summary>Takes a topology over: as the planner does, but of one that all share, and with the far targets of the next minute only.</summary>
    public void Plan(MeshTopology topology, IReadOnlyList<SimNode> byRank, IReadOnlyDictionary<string, SimNode> byName, long now)
    {
        int rank = topology.RankOf(Name);
        if (rank < 0 || Leaving) return;
        ImmutableHashSet<string> before = neighbours;
        ReadOnlySpan<int> ranks = topology.Neighbours(rank);
        ImmutableHashSet<string>.Builder next = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (int one in ranks) next.Add(byRank[one].Name);
        neighbours = next.ToImmutable();
        foreach (string old in before.Except(neighbours)) held[old] = now + Hold;
        foreach (string current in neighbours) held.Remove(current);
        foreach (string over in held.Where(one => one.Value <= now).Select(static one => one.Key).ToArray()) held.Remove(over);

        ImmutableArray<MeshPath>.Builder paths = ImmutableArray.CreateBuilder<MeshPath>();
        var pathOf = new Dictionary<int, int>();
        foreach (int one in ranks)
        {
            pathOf[one] = paths.Count;
            paths.Add(Path(byRank[one], PathRole.Neighbour));
        }

        foreach (string old in held.Keys)
        {
            if (!byName.TryGetValue(old, out SimNode? peer)) continue;
            int at = topology.RankOf(old);
            if (at >= 0) pathOf[at] = paths.Count;
            paths.Add(Path(peer, PathRole.Neighbour));
        }

        SimFarTargets? far = topology.IsFull ? null : new SimFarTargets(topology, rank, pathOf);
        foreach (int one in far?.Coming((now + SimTime.UnixOffset) / Second, fleet.Ahead) ?? [])
        {
            if (!pathOf.TryAdd(one, paths.Count)) continue;
            paths.Add(Path(byRank[one], PathRole.Far));
        }

        var plan = new MeshPlan(paths.ToImmutable(), topology.IsFull ? ProbeKind.Full : ProbeKind.Ring, far);
        view = new MeshView(plan, topology, rank, [], Zone, neighbours, ImmutableHashSet<string>.Empty, long.MaxValue);
        statistics.Apply(view, now);
        Core.Apply(plan, now);
    }

    public bool Udp(in UdpIntent intent, out long sentAt, out ulong token)
    {
        sentAt = fleet.Time.Now;
        token = 0;
        fleet.Network.Send(this, intent);
        return true;
    }

    public bool Tcp(in TcpIntent intent, out long sentAt)
    {
        sentAt = fleet.Time.Now;
        return false;
    }

    public (long Connect, long FirstByte) TcpAbandon(int handle) => (-1, -1);

    public void Trace(MeshPath path)
    {
    }

    public void Send(string subject, byte[] message) => fleet.Telemetry(this, subject, message);

    /// <summary>A request arrives: the reflector's number for this sender.</summary>
    public uint Reflect(SimNode sender)
    {
        ref uint count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(answered, sender.Index, out _);
        ref int packets = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(received, sender.Index, out _);
        packets++;
        return count++;
    }

    private List<MeshReceived> TakeReceived()
    {
        List<MeshReceived> taken = [.. received.Where(one => fleet.Node(one.Key) is not null).Select(one => new MeshReceived(fleet.Node(one.Key)!.Name, one.Value))];
        received.Clear();
        return taken;
    }

    private MeshNodeState StateOf(string name) => fleet.IsLeaving(name) ? MeshNodeState.Leaving : MeshNodeState.Up;

    private MeshPath Path(SimNode peer, PathRole role) => new()
    {
        Peer = peer.Name,
        PeerId = peer.Id,
        Address = Somewhere,
        Port = 8620,
        Role = role,
        Leaving = peer.Leaving,
        Incarnation = peer.Incarnation,
        ListedAt = peer.ListedAt,
        Owner = statistics.OwnerOf(peer.Name, peer.Zone, 0, role == PathRole.Neighbour),
    };
}
