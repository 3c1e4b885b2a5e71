using System.Collections.Immutable;
using System.Net;

namespace Scout.Protocol.Mesh;

/// <summary>A node as its peers know it.</summary>
/// <param name="Name">Node name.</param>
/// <param name="Id"><see cref="NodeId.Of"/> the name.</param>
/// <param name="Zone">Empty: unknown.</param>
/// <param name="Addresses">Where it answers; the first that we can use is used.</param>
/// <param name="Port">UDP and TCP.</param>
/// <param name="Incarnation">Start of the process in Unix seconds; 0: unknown.</param>
/// <param name="State">What it is to the mesh.</param>
public sealed record MeshNode(string Name, ulong Id, string Zone, ImmutableArray<IPAddress> Addresses, int Port, uint Incarnation, MeshNodeState State);
