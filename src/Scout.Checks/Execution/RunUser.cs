namespace Scout.Checks.Execution;

/// <summary>Whom a plugin runs as: a user of this system with a line in its user database, so that its groups are known.</summary>
/// <param name="Name">For people.</param>
/// <param name="Uid">User number.</param>
/// <param name="Gid">Number of its first group; the others come from the system.</param>
public sealed record RunUser(string Name, uint Uid, uint Gid);
