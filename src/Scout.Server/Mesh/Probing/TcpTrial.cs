namespace Scout.Server.Mesh.Probing;

/// <summary>One decided TCP probe. Phases in ns; a phase that was not reached is -1.</summary>
internal readonly record struct TcpTrial(MeshPath Path, TcpOutcome Outcome, long Connect, long FirstByte, long Total, long SentAt, long DecidedAt);
