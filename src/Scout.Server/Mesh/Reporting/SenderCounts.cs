using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Planning;
using Scout.Server.Mesh.Responding;

namespace Scout.Server.Mesh.Reporting;

/// <summary>Who probes this node, by the responder's count.</summary>
internal sealed class SenderCounts(SenderTable table, TimeProvider time)
{
    private readonly Lock gate = new();
    private Dictionary<ulong, long> before = [];

    /// <summary>Senders heard within so many ns.</summary>
    public int Distinct(long within) => table.HeardSince(MeshClock.Now(time) - within);

    /// <summary>When each sender was heard last, monotonic ns.</summary>
    public Dictionary<ulong, long> Heard()
    {
        var senders = new List<SenderCount>();
        table.CopyTo(senders);
        return senders.ToDictionary(static one => one.Sender, static one => one.LastHeard);
    }

    /// <summary>Packets since the last call, by sender; those that the rings expect first. Ids that no peer bears are left out.</summary>
    public IReadOnlyList<MeshReceived> Take(MeshView view)
    {
        var names = new Dictionary<ulong, string>();
        foreach (Peers.Peer peer in view.Peers) names[NodeId.Of(peer.Name)] = peer.Name;
        var rows = new List<MeshReceived>();
        lock (gate)
        {
            var now = new Dictionary<ulong, long>();
            var senders = new List<SenderCount>();
            table.CopyTo(senders);
            foreach (SenderCount sender in senders)
            {
                now[sender.Sender] = sender.Packets;
                // A count that went back is a session that began anew.
                long more = sender.Packets - before.GetValueOrDefault(sender.Sender);
                if (more < 0) more = sender.Packets;
                if (more > 0 && names.TryGetValue(sender.Sender, out string? name)) rows.Add(new MeshReceived(name, (int)Math.Min(more, int.MaxValue)));
            }

            before = now;
        }

        return [.. rows.OrderBy(row => view.InProbers.Contains(row.Sender) ? 0 : 1).ThenBy(static row => row.Sender, StringComparer.Ordinal)];
    }
}
