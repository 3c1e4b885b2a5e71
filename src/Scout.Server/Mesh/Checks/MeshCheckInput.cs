using System.Collections.Immutable;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Checks;

/// <summary>A peer as the check sees it.</summary>
/// <param name="Name">Node name.</param>
/// <param name="Zone">Empty: unknown.</param>
/// <param name="State">What it is to the mesh.</param>
/// <param name="Failing">By the rule: 3 of the last 5 UDP or the last 2 TCP probes; when asked, 3 of 5 packets.</param>
/// <param name="FailedLately">It was failing within the last 60 s: its losses are that fault's, not the set's.</param>
/// <param name="Counts">UDP of 60 s.</param>
/// <param name="Rtt">Median; null without an answer.</param>
internal sealed record MeshCheckPeer(string Name, string Zone, MeshNodeState State, bool Failing, bool FailedLately, MeshCounts Counts, TimeSpan? Rtt);

/// <summary>What a check on this node is judged by.</summary>
/// <param name="Peers">The neighbours.</param>
/// <param name="Members">Nodes in the mesh, this one included.</param>
/// <param name="Knows">Whether a node is known by that name.</param>
/// <param name="SuspectsSelf">More than half of the peers fail at once.</param>
internal sealed record MeshCheckInput(ImmutableArray<MeshCheckPeer> Peers, int Members, Func<string, bool> Knows, bool SuspectsSelf);

/// <summary>What a check of the fleet is judged by.</summary>
/// <param name="Summary">As the broker wrote it last; null: there is none, or no line.</param>
/// <param name="Faults">Its open faults.</param>
/// <param name="Why">Why there is no summary.</param>
internal sealed record MeshFleetInput(MeshSummary? Summary, ImmutableArray<MeshFault> Faults, string Why);
