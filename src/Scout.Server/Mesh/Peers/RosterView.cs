using System.Collections.Immutable;
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
        if (!genuine || (!deleted && !RosterEntry.TryRead(name, value, 1, 1, out entry, out _)))
        {
            // Somebody else's copy, or nonsense: the newest valid revision stays.
            Refused++;
            return false;
        }

        if (Find(name) is not { } node || sequence <= node.Sequence) return false;
        node.Sequence = sequence;
        bool changed = !Same(node.Entry, entry);
        node.Entry = entry;
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
            if (node.Entry is not { Mesh: { } mesh } entry) continue;
            ImmutableArray<System.Net.IPAddress> addresses = mesh.Parse();
            if (addresses.IsEmpty || mesh.Port is < 1 or > 65535) continue;
            peers.Add(new PeerSeen(name, Zone(entry, node.Place), addresses, mesh.Port, Incarnation(entry.Started), WordOf(entry, mesh, node.Place)));
        }

        peers.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return peers.ToImmutable();
    }

    public static uint Incarnation(DateTimeOffset started) => (uint)Math.Clamp(started.ToUnixTimeSeconds(), 0, uint.MaxValue);

    private static PeerWord WordOf(RosterEntry entry, RosterMesh mesh, NodePlace? place)
    {
        if (entry.Stopped is not null) return PeerWord.Gone;
        MeshNodeState said = mesh.ParseState();
        if (said == MeshNodeState.Leaving || place?.Deleting == true) return PeerWord.Leaving;
        return said == MeshNodeState.Maintenance || place?.InMaintenance == true ? PeerWord.Maintenance : PeerWord.Up;
    }

    /// <summary>What the node was told stands before what the broker found.</summary>
    private static string Zone(RosterEntry entry, NodePlace? place)
    {
        string zone = entry.Zone is { Length: > 0 } own ? own : place?.Zone ?? "";
        return Names.IsNode(zone) ? zone : "";
    }

    private static bool Same(RosterEntry? a, RosterEntry? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null && a.Started == b.Started && a.Stopped is null == b.Stopped is null && a.Zone == b.Zone && Same(a.Mesh, b.Mesh));

    private static bool Same(RosterMesh? a, RosterMesh? b) =>
        ReferenceEquals(a, b)
        || (a is not null && b is not null && a.Port == b.Port && a.State == b.State && !a.Addresses.IsDefault && !b.Addresses.IsDefault && a.Addresses.SequenceEqual(b.Addresses));

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
        node.Place = place;
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
        public RosterEntry? Entry { get; set; }

        public ulong Sequence { get; set; }

        public NodePlace? Place { get; set; }

        public ulong PlaceSequence { get; set; }
    }
}
