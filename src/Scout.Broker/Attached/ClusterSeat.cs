namespace Scout.Broker.Attached;

/// <summary>The place of a broker among several.</summary>
/// <param name="Name">Its own; no two have the same.</param>
/// <param name="Replicas">Copies of each stream.</param>
internal sealed record ClusterSeat(string Name, int Replicas);
