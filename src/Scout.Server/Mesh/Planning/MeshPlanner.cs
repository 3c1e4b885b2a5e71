using System.Collections.Immutable;
using System.Net;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Planning;

/// <summary>
/// From peers to the prober's plan. New rings apply at once; an edge that is not in them any more is kept for <c>hold</c>, so that no part of the network is unwatched
/// while the fleet changes. Paths that stay the same stay the same objects. Pure but for the time that is passed in; one thread at a time.
/// </summary>
internal sealed class MeshPlanner
{
    private readonly string self;
    private readonly MeshTopologyOptions options;
    private readonly bool shift;
    private readonly bool hostPlane;
    private readonly long hold;
    private readonly Func<string, string, byte, bool, object?> owner;
    private readonly IPEndPoint? own;
    private readonly Dictionary<string, long> held = new(StringComparer.Ordinal);
    private ImmutableArray<MeshPath> paths = [];
    private MeshPath? selfPath;
    private MeshTopology? topology;
    private ImmutableHashSet<string> neighbours = ImmutableHashSet<string>.Empty;
    private ImmutableHashSet<string> inProbers = ImmutableHashSet<string>.Empty;

    /// <param name="self">Own name.</param>
    /// <param name="options">Of the topology.</param>
    /// <param name="shift">Whether there is a rotating probe.</param>
    /// <param name="hostPlane">Whether the second address of a peer is probed too.</param>
    /// <param name="hold">ns that old edges are kept.</param>
    /// <param name="owner">Counters of a path: peer, zone, plane, whether it is a neighbour.</param>
    /// <param name="own">Where this node answers, when it is to be probed by itself too; null: it is not.</param>
    public MeshPlanner(string self, MeshTopologyOptions options, bool shift, bool hostPlane, long hold, Func<string, string, byte, bool, object?> owner, IPEndPoint? own = null)
    {
        this.self = self;
        this.options = options;
        this.shift = shift;
        this.hostPlane = hostPlane;
        this.hold = hold;
        this.owner = owner;
        this.own = own;
    }

    public MeshView Plan(ImmutableArray<Peer> peers, string zone, long now)
    {
        Peer[] members = [.. peers.Where(static peer => MeshNodeStates.IsMember(peer.State))];
        Arrange(members, zone, now);
        MeshTopology rings = topology!;
        ImmutableArray<MeshPath>.Builder plan = ImmutableArray.CreateBuilder<MeshPath>(members.Length);
        var pathOfRank = new int[rings.Count];
        Array.Fill(pathOfRank, -1);
        long heldUntil = long.MaxValue;
        foreach (Peer peer in peers)
        {
            bool neighbour = neighbours.Contains(peer.Name);
            bool kept = !neighbour && held.TryGetValue(peer.Name, out long until) && until > now;
            if (kept) heldUntil = Math.Min(heldUntil, held[peer.Name]);
            int rank = MeshNodeStates.IsMember(peer.State) ? rings.RankOf(peer.Name) : -1;
            bool far = !rings.IsFull && rank >= 0;
            if (!neighbour && !kept && !far) continue;
            if (rank >= 0) pathOfRank[rank] = plan.Count;
            Add(plan, peer, peer.Seen.Addresses[0], 0, neighbour || kept);
            if (hostPlane && (neighbour || kept) && peer.Seen.Addresses.Length > 1) Add(plan, peer, peer.Seen.Addresses[1], 1, neighbour: true);
        }

        foreach (string over in held.Where(pair => pair.Value <= now).Select(static pair => pair.Key).ToArray()) held.Remove(over);
        paths = plan.ToImmutable();
        int rankOfSelf = rings.RankOf(self);
        var made = new MeshPlan(own is null ? paths : paths.Add(SelfPath(own, zone)), rings.IsFull ? ProbeKind.Full : ProbeKind.Ring, rings.IsFull ? null : new FarTargets(rings, rankOfSelf, pathOfRank, shift));
        return new MeshView(made, rings, rankOfSelf, peers, zone, neighbours, inProbers, heldUntil);
    }

    /// <summary>Makes the topology anew when names or zones have changed, and holds the edges that are gone.</summary>
    private void Arrange(Peer[] members, string zone, long now)
    {
        if (topology is not null && Same(topology, members, zone)) return;
        topology = MeshTopology.Build([new MeshMember(self, zone), .. members.Select(static peer => new MeshMember(peer.Name, peer.Seen.Zone))], options);
        int rank = topology.RankOf(self);
        ImmutableHashSet<string> before = neighbours;
        neighbours = Names(topology, topology.Neighbours(rank));
        inProbers = Names(topology, topology.InProbers(rank));
        foreach (string old in before.Except(neighbours)) held[old] = now + hold;
        foreach (string current in neighbours) held.Remove(current);
    }

    private bool Same(MeshTopology old, Peer[] members, string zone)
    {
        if (old.Count != members.Length + 1 || old.ZoneName(old.ZoneOf(old.RankOf(self))) != zone) return false;
        foreach (Peer member in members)
        {
            int rank = old.RankOf(member.Name);
            if (rank < 0 || old.ZoneName(old.ZoneOf(rank)) != member.Seen.Zone) return false;
        }

        return true;
    }

    private void Add(ImmutableArray<MeshPath>.Builder plan, Peer peer, IPAddress address, byte plane, bool neighbour)
    {
        PathRole role = neighbour ? PathRole.Neighbour : PathRole.Far;
        bool leaving = !MeshNodeStates.IsMember(peer.State);
        object? counts = owner(peer.Name, peer.Seen.Zone, plane, neighbour);
        MeshPath? old = Before(peer.Name, plane);
        bool same = old is not null && old.Address.Equals(address) && old.Port == peer.Seen.Port && old.Role == role && old.Leaving == leaving
            && old.Incarnation == peer.Seen.Incarnation && old.ListedAt == peer.ListedAt && ReferenceEquals(old.Owner, counts);
        plan.Add(same ? old! : new MeshPath
        {
            Peer = peer.Name,
            PeerId = NodeId.Of(peer.Name),
            Address = address,
            Port = peer.Seen.Port,
            Plane = plane,
            Role = role,
            Leaving = leaving,
            Incarnation = peer.Seen.Incarnation,
            ListedAt = peer.ListedAt,
            Owner = counts,
        });
    }

    /// <summary>Behind all others, and in no ring.</summary>
    private MeshPath SelfPath(IPEndPoint at, string zone)
    {
        object? counts = owner(self, zone, MeshPath.SelfPlane, true);
        if (selfPath is not null && ReferenceEquals(selfPath.Owner, counts)) return selfPath;
        return selfPath = new MeshPath { Peer = self, PeerId = NodeId.Of(self), Address = at.Address, Port = at.Port, Plane = MeshPath.SelfPlane, Role = PathRole.Neighbour, Owner = counts };
    }

    /// <summary>The path of the plan before; paths stand in the order of names and planes.</summary>
    private MeshPath? Before(string name, byte plane)
    {
        int from = 0;
        int to = paths.Length - 1;
        while (from <= to)
        {
            int middle = (from + to) >>> 1;
            MeshPath one = paths[middle];
            int order = string.CompareOrdinal(one.Peer, name) is not 0 and var names ? names : one.Plane - plane;
            if (order == 0) return one;
            if (order < 0) from = middle + 1;
            else to = middle - 1;
        }

        return null;
    }

    private static ImmutableHashSet<string> Names(MeshTopology topology, ReadOnlySpan<int> ranks)
    {
        ImmutableHashSet<string>.Builder names = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (int rank in ranks) names.Add(topology.Name(rank));
        return names.ToImmutable();
    }
}
