using System.Diagnostics.CodeAnalysis;

namespace Scout.Protocol.Security.Signing;

/// <summary>What a caller's JWT says, once its own signature was found good.</summary>
/// <param name="Key">Whose it is (<c>sub</c>, <c>U…</c>).</param>
/// <param name="Name">Unchecked.</param>
/// <param name="Issuer">The key that signed it (<c>iss</c>, <c>A…</c>).</param>
/// <param name="Account">The account whose signing key that is.</param>
/// <param name="NotBefore">Null: at once.</param>
/// <param name="Expires">Null: never.</param>
public sealed record CallerToken(string Key, string Name, string Issuer, string Account, DateTimeOffset? NotBefore, DateTimeOffset? Expires);

/// <summary>Reads a JWT strictly and checks its signature by its issuer; false for anything but the valid JWT of a user. The floor above has the cryptography.</summary>
public delegate bool CallerTokenReader(string jwt, [NotNullWhen(true)] out CallerToken? token);
