using Scout.Protocol.Security.Roles;

namespace Scout.Protocol.Security.Signing;

/// <summary>Who asks, proved by a signature.</summary>
/// <param name="Name">In the JWT; a valid name of its role.</param>
/// <param name="Key">Public key (<c>U…</c>).</param>
/// <param name="Role">Of the key that issued the JWT.</param>
/// <param name="Nonce">Of this request: for the store, so that a restart forgets nothing.</param>
public sealed record ProvenCaller(string Name, string Key, ScoutRole Role, string Nonce);

/// <summary>What became of a proof.</summary>
public enum ProofOutcome
{
    Proven,

    /// <summary>Too many wait to be proved: answered with the code <c>busy</c>.</summary>
    Busy,

    /// <summary>A good signature with a time that is off: answered with the code <c>stale</c> and our time.</summary>
    Stale,

    /// <summary>No answer, only a row of the audit.</summary>
    Refused,
}

/// <summary>What became of a proof, and whose it was.</summary>
/// <param name="Outcome">See there.</param>
/// <param name="Caller">When proven or stale.</param>
/// <param name="Why">For the audit; one of <see cref="SignatureFaults"/> when refused.</param>
public readonly record struct ProofResult(ProofOutcome Outcome, ProvenCaller? Caller, string? Why);
