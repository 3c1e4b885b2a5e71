using System.Collections.Immutable;
using Scout.Protocol.Mesh;
using Scout.Server.Mesh.Peers;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Planning;

/// <summary>The mesh as the planner sees it: who is there, who probes whom, and the plan that follows.</summary>
/// <param name="Plan">For the prober.</param>
/// <param name="Topology">Of all members, this node included.</param>
/// <param name="SelfRank">Own rank.</param>
/// <param name="Peers">All known, sorted by name.</param>
/// <param name="Zone">Own zone; empty: unknown.</param>
/// <param name="Neighbours">Names of those that are probed on schedule and in the rings of now; not those that are only held.</param>
/// <param name="InProbers">Names of those that probe this node, by the rings.</param>
/// <param name="HeldUntil">When the next edge that is only held ends, monotonic ns; <see cref="long.MaxValue"/>: none is held.</param>
internal sealed record MeshView(
    MeshPlan Plan,
    MeshTopology Topology,
    int SelfRank,
    ImmutableArray<Peer> Peers,
    string Zone,
    ImmutableHashSet<string> Neighbours,
    ImmutableHashSet<string> InProbers,
    long HeldUntil)
{
    public static MeshView Empty(string self) => new(
        MeshPlan.Empty, MeshTopology.Build([new MeshMember(self, "")], MeshTopologyOptions.Default), 0, [], "", ImmutableHashSet<string>.Empty, ImmutableHashSet<string>.Empty, long.MaxValue);

    /// <summary>A peer by its name; null: not known.</summary>
    public Peer? Find(string name)
    {
        int from = 0;
        int to = Peers.Length - 1;
        while (from <= to)
        {
            int middle = (from + to) >>> 1;
            int order = string.CompareOrdinal(Peers[middle].Name, name);
            if (order == 0) return Peers[middle];
            if (order < 0) from = middle + 1;
            else to = middle - 1;
        }

        return null;
    }

    /// <summary>Zone of a peer; empty: unknown.</summary>
    public string ZoneOf(string peer) => Topology.RankOf(peer) is var rank and >= 0 ? Topology.ZoneName(Topology.ZoneOf(rank)) : "";
}
