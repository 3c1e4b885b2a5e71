namespace Scout.Broker;

/// <summary>What the broker reads of the cluster that it runs in (kubernetes.md 2).</summary>
/// <param name="PodSelector">Label selector of the servers' pods in the broker's namespace; empty: none are read, so nobody is expected.</param>
/// <param name="Nodes">Read the cluster's nodes: zones, cordons, readiness.</param>
public sealed record KubernetesOptions(string PodSelector, bool Nodes);
