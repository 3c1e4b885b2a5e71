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
    private readonly Dictionary<string, long> held = new(StringComparer.Ordinal);
    private Dictionary<(string, byte), MeshPath> paths = [];
    private MeshTopology? topology;
    private ImmutableHashSet<string> neighbours = ImmutableHashSet<string>.Empty;
    private ImmutableHashSet<string> inProbers = ImmutableHashSet<string>.Empty;

    /// <param name="self">Own name.</param>
    /// <param name="options">Of the topology.</param>
    /// <param name="shift">Whether there is a rotating probe.</param>
    /// <param name="hostPlane">Whether the second address of a peer is probed too.</param>
    /// <param name="hold">ns that old edges are kept.</param>
    /// <param name="owner">Counters of a path: peer, zone, plane, whether it is a neighbour.</param>
    public MeshPlanner(string self, MeshTopologyOptions options, bool shift, bool hostPlane, long hold, Func<string, string, byte, bool, object?> owner)
    {
        this.self = self;
        this.options = options;
        this.shift = shift;
        this.hostPlane = hostPlane;
        this.hold = hold;
        this.owner = owner;
    }

    public MeshView Plan(ImmutableArray<Peer> peers, string zone, long now)
    {
        Peer[] members = [.. peers.Where(static peer => MeshNodeStates.IsMember(peer.State))];
        Arrange(members, zone, now);
        MeshTopology rings = topology!;
        var next = new Dictionary<(string, byte), MeshPath>(paths.Count);
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
            Add(plan, next, peer, peer.Seen.Addresses[0], 0, neighbour || kept);
            if (hostPlane && (neighbour || kept) && peer.Seen.Addresses.Length > 1) Add(plan, next, peer, peer.Seen.Addresses[1], 1, neighbour: true);
        }

        foreach (string over in held.Where(pair => pair.Value <= now).Select(static pair => pair.Key).ToArray()) held.Remove(over);
        paths = next;
        int rankOfSelf = rings.RankOf(self);
        var made = new MeshPlan(plan.ToImmutable(), rings.IsFull ? ProbeKind.Full : ProbeKind.Ring, rings.IsFull ? null : new FarTargets(rings, rankOfSelf, pathOfRank, shift));
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

    private void Add(ImmutableArray<MeshPath>.Builder plan, Dictionary<(string, byte), MeshPath> next, Peer peer, IPAddress address, byte plane, bool neighbour)
    {
        var path = new MeshPath
        {
            Peer = peer.Name,
            PeerId = NodeId.Of(peer.Name),
            Address = address,
            Port = peer.Seen.Port,
            Plane = plane,
            Role = neighbour ? PathRole.Neighbour : PathRole.Far,
            Leaving = !MeshNodeStates.IsMember(peer.State),
            Incarnation = peer.Seen.Incarnation,
            ListedAt = peer.ListedAt,
            Owner = owner(peer.Name, peer.Seen.Zone, plane, neighbour),
        };
        if (paths.TryGetValue((peer.Name, plane), out MeshPath? old) && SamePath(old, path)) path = old;
        next[(peer.Name, plane)] = path;
        plan.Add(path);
    }

    private static bool SamePath(MeshPath a, MeshPath b) =>
        a.Address.Equals(b.Address) && a.Port == b.Port && a.Role == b.Role && a.Leaving == b.Leaving && a.Incarnation == b.Incarnation && a.ListedAt == b.ListedAt && ReferenceEquals(a.Owner, b.Owner);

    private static ImmutableHashSet<string> Names(MeshTopology topology, ReadOnlySpan<int> ranks)
    {
        ImmutableHashSet<string>.Builder names = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (int rank in ranks) names.Add(topology.Name(rank));
        return names.ToImmutable();
    }
}
