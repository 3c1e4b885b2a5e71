using System.Collections.Immutable;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Peers;

namespace Scout.Server.Mesh;

/// <summary>Peers by state, in the order of the metrics: joining, up, silent, leaving, maintenance.</summary>
internal static class MeshStates
{
    private static readonly MeshNodeState[] Shown = [MeshNodeState.Joining, MeshNodeState.Up, MeshNodeState.Silent, MeshNodeState.Leaving, MeshNodeState.Maintenance];

    public static ImmutableArray<long> Count(ImmutableArray<Peer> peers)
    {
        var counts = new long[Shown.Length];
        foreach (Peer peer in peers)
        {
            int place = Array.IndexOf(Shown, peer.State);
            if (place >= 0) counts[place]++;
        }

        return [.. counts];
    }

    public static ImmutableSortedDictionary<string, int> ByName(ImmutableArray<Peer> peers) =>
        peers.GroupBy(static peer => peer.State).ToImmutableSortedDictionary(static group => MeshNodeStates.Name(group.Key), static group => group.Count(), StringComparer.Ordinal);
}
