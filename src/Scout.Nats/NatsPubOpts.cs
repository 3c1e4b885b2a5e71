namespace Scout.Nats;

/// <summary>Options of a publish.</summary>
public record NatsPubOpts;
