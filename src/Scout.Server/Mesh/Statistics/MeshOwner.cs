namespace Scout.Server.Mesh.Statistics;

/// <summary>Where the trials of a path are counted.</summary>
/// <param name="Zone">Null on the host plane, which is counted beside.</param>
/// <param name="Peer">Null for a path that is probed now and then only.</param>
internal sealed record MeshOwner(ZoneTally? Zone, PeerTally? Peer);
