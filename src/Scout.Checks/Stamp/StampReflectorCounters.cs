namespace Scout.Checks.Stamp;

/// <summary>What became of the packets that came. Written by one thread; others may read numbers that are a moment old.</summary>
/// <param name="Answered">Answered with a session's own number.</param>
/// <param name="Stateless">Answered with a copy of the sender's number, because all sessions are taken.</param>
/// <param name="Refused">Too short, too long, a reply, from a port or an address that gets no answer.</param>
/// <param name="Limited">Over a limit of packets a second.</param>
/// <param name="NotMe">Of those answered: meant for another node.</param>
public readonly record struct StampReflectorCounters(long Answered, long Stateless, long Refused, long Limited, long NotMe);
