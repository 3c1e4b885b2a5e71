using System.Collections.Immutable;
using System.Net;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Roster;

namespace Scout.Server.Mesh.Peers;

/// <summary>
/// The roster as it stands: entries of nodes and places of the broker, the newest revision of each key, whatever order they come in. Pure; one thread at a time.
/// </summary>
internal sealed class RosterView
{
    /// <summary>Nodes that are kept in mind; more are counted.</summary>
    public const int MaxNodes = 20_000;

    private readonly Dictionary<string, Node> nodes = new(StringComparer.Ordinal);
    private readonly ZoneNames zones = new();

    /// <summary>Messages that did not count.</summary>
    public long Refused { get; private set; }

    /// <summary>The highest sequence of the bucket's stream that was seen.</summary>
    public ulong LastSequence { get; private set; }

    /// <summary>Takes one message of the bucket.</summary>
    /// <param name="subject">Stored or republished.</param>
    /// <param name="value">Of the key.</param>
    /// <param name="sequence">In the stream.</param>
    /// <param name="deleted">A deletion.</param>
    /// <param name="genuine">False for what somebody steered here (nats.md 12): also a deletion of one's own entry can be.</param>
    /// <returns>Whether anything is different now.</returns>
    public bool Take(string subject, ReadOnlySpan<byte> value, ulong sequence, bool deleted, bool genuine)
    {
        if (genuine) LastSequence = Math.Max(LastSequence, sequence);
        if (Subjects.TryParsePlace(subject, out string? placed)) return TakePlace(placed, value, sequence, deleted, genuine);
        if (!Subjects.TryParseRoster(subject, out string? name)) return false;
        RosterEntry? entry = null;
        if (!genuine || (!deleted && !RosterEntry.TryRead(name, value, out entry, out _)))
        {
            // Somebody else's copy, or nonsense: the newest valid revision stays.
            Refused++;
            return false;
        }

        if (Find(name) is not { } node || sequence <= node.Sequence) return false;
        node.Sequence = sequence;
        Announced? said = entry is null ? null : Of(entry);
        bool changed = node.Said != said;
        if (changed) (node.Said, node.Peer) = (said, null);
        return changed;
    }

    /// <summary>Place of a node, or null.</summary>
    public NodePlace? Place(string name) => nodes.GetValueOrDefault(name)?.Place;

    /// <summary>Every node that takes part in the mesh, sorted by name.</summary>
    public ImmutableArray<PeerSeen> Peers()
    {
        ImmutableArray<PeerSeen>.Builder peers = ImmutableArray.CreateBuilder<PeerSeen>();
        foreach ((string name, Node node) in nodes)
        {
            if ((node.Peer ??= Peer(name, node)) is { } peer) peers.Add(peer);
        }

        peers.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return peers.ToImmutable();
    }

    public static uint Incarnation(DateTimeOffset started) => (uint)Math.Clamp(started.ToUnixTimeSeconds(), 0, uint.MaxValue);

    /// <summary>Of an entry only this is kept: 10,000 whole ones are 8 MB.</summary>
    private Announced Of(RosterEntry entry)
    {
        ImmutableArray<IPAddress> addresses = entry.Mesh is { Port: >= 1 and <= 65535 } mesh ? mesh.Parse() : [];
        PeerWord word = entry.Stopped is not null ? PeerWord.Gone : entry.Mesh?.ParseState() switch
        {
            MeshNodeState.Leaving => PeerWord.Leaving,
            MeshNodeState.Maintenance => PeerWord.Maintenance,
            _ => PeerWord.Up,
        };
        string? zone = entry.Zone is { Length: > 0 } own ? zones.Of(own) : null;
        return new Announced(zone, addresses, addresses.IsEmpty ? 0 : entry.Mesh!.Port, Incarnation(entry.Started), word);
    }

    /// <summary>Null: it takes no part in the mesh.</summary>
    private PeerSeen? Peer(string name, Node node)
    {
        if (node.Said is not { Addresses.IsEmpty: false } said) return null;
        PeerWord word = said.Word switch
        {
            PeerWord.Gone or PeerWord.Leaving => said.Word,
            _ when node.Place?.Deleting == true => PeerWord.Leaving,
            _ when node.Place?.InMaintenance == true => PeerWord.Maintenance,
            PeerWord.Up when node.Place?.Silent == true => PeerWord.Silent,
            _ => said.Word,
        };

        // What the node was told stands before what the broker found.
        return new PeerSeen(name, said.Zone ?? zones.Of(node.Place?.Zone), said.Addresses, said.Port, said.Incarnation, word) { Pod = node.Place?.Pod ?? "" };
    }

    private bool TakePlace(string name, ReadOnlySpan<byte> value, ulong sequence, bool deleted, bool genuine)
    {
        NodePlace? place = null;
        if (!genuine || (!deleted && !NodePlace.TryRead(value, out place, out _)))
        {
            Refused++;
            return false;
        }

        if (Find(name) is not { } node || sequence <= node.PlaceSequence) return false;
        node.PlaceSequence = sequence;
        bool changed = node.Place != place;
        if (changed) (node.Place, node.Peer) = (place, null);
        return changed;
    }

    private Node? Find(string name)
    {
        if (nodes.TryGetValue(name, out Node? node)) return node;
        if (nodes.Count >= MaxNodes)
        {
            Refused++;
            return null;
        }

        return nodes[name] = new Node();
    }

    private sealed class Node
    {
        public Announced? Said { get; set; }

        public ulong Sequence { get; set; }

        public NodePlace? Place { get; set; }

        public ulong PlaceSequence { get; set; }

        /// <summary>What follows from both; null: to be made anew, or no peer.</summary>
        public PeerSeen? Peer { get; set; }
    }

    /// <param name="Zone">Null: it names none.</param>
    private sealed record Announced(string? Zone, ImmutableArray<IPAddress> Addresses, int Port, uint Incarnation, PeerWord Word)
    {
        public bool Equals(Announced? other) =>
            other is not null && Zone == other.Zone && Port == other.Port && Incarnation == other.Incarnation && Word == other.Word && Addresses.SequenceEqual(other.Addresses);

        public override int GetHashCode() => HashCode.Combine(Zone, Port, Incarnation, Word);
    }
}
