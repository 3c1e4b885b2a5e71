using System.Net;

namespace Scout.Checks.Paths;

/// <summary>One step of a way.</summary>
/// <param name="Ttl">How many steps from here, from 1.</param>
/// <param name="Address">Who answered; null when nobody did.</param>
/// <param name="Time">Round trip to it; null when nobody answered.</param>
/// <param name="Text">What it said: <c>TTL ran out</c>, <c>host unreachable</c>; empty for silence and for the target's own answer.</param>
public sealed record TraceHop(int Ttl, IPAddress? Address, TimeSpan? Time, string Text);
