using Scout.Broker.Mesh.Watching;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Protocol.Roster;
using Scout.Protocol.Streams;

namespace Scout.Broker.Mesh.Service;

/// <summary>One key of the roster as it stands now: an entry, a place, or that it is gone.</summary>
internal sealed record RosterWord
{
    public required string Node { get; init; }

    /// <summary>Of the place, not of the entry.</summary>
    public bool IsPlace { get; init; }

    /// <summary>Null: deleted, or this is a place.</summary>
    public RosterEntry? Entry { get; init; }

    /// <summary>Null: deleted, or this is an entry.</summary>
    public NodePlace? Place { get; init; }

    /// <summary>Reads what a direct get brought; null when it does not count (nats.md 12): somebody else's copy, another node's name, nonsense.</summary>
    public static RosterWord? Read(string subject, ReadOnlySpan<byte> value, IReadOnlyCollection<KeyValuePair<string, string>> headers)
    {
        if (!StoredHeaders.Fit(headers, EventDelivery.DirectGet, StreamCatalog.Roster, subject)) return null;
        bool deleted = headers.Any(static header => header.Key.Equals("KV-Operation", StringComparison.OrdinalIgnoreCase));
        if (Subjects.TryParsePlace(subject, out string? placed))
        {
            if (deleted) return new RosterWord { Node = placed, IsPlace = true };
            return NodePlace.TryRead(value, out NodePlace? place, out _) ? new RosterWord { Node = placed, IsPlace = true, Place = place } : null;
        }

        if (!Subjects.TryParseRoster(subject, out string? node)) return null;
        if (deleted) return new RosterWord { Node = node };
        return RosterEntry.TryRead(node, value, out RosterEntry? entry, out _) ? new RosterWord { Node = node, Entry = entry } : null;
    }

    public void Tell(FleetWatch watch, long now)
    {
        if (IsPlace) watch.Place(Node, Place, now);
        else if (Entry is { } entry) watch.Roster(entry, now);
        else watch.Roster(Node, "", MeshNodeState.Gone, 0, now);
    }
}
