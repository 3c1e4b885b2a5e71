namespace Scout.Server.Mesh.Probing;

/// <summary>One decided UDP probe.</summary>
/// <param name="Path">As of the plan in force when it was sent.</param>
/// <param name="Sequence">Per path; wraps.</param>
/// <param name="PortIndex">Source port, 0..15.</param>
/// <param name="Direction">Of a lost one; mostly still unknown when it is decided, see <see cref="IMeshObserver.Direction"/>.</param>
/// <param name="RoundTrip">ns without the residence at the peer; 0 unless there was a reply.</param>
/// <param name="SentAt">Monotonic ns.</param>
/// <param name="DecidedAt">Monotonic ns.</param>
/// <param name="Retired">The path is in the plan no more; the probe was in flight when it went.</param>
internal readonly record struct UdpTrial(
    MeshPath Path, uint Sequence, byte PortIndex, ProbeKind Kind, UdpOutcome Outcome, LossDirection Direction, long RoundTrip, long SentAt, long DecidedAt, bool Retired = false);
