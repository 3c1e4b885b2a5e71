using System.Collections.Immutable;
using Scout.Broker.Custody;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Provisioning;

/// <summary>A login that was signed for a node or a token.</summary>
internal readonly record struct SignedLogin(string Jwt, DateTimeOffset Expires);

/// <summary>Who signs what the provisioner gives away. Real: the keys of the broker's directory.</summary>
internal interface IEnrolmentAuthority
{
    /// <summary>Public half of the key that signs the trust document.</summary>
    string TrustKey { get; }

    /// <summary>The trust document in force, JSON.</summary>
    string Trust { get; }

    /// <summary>Certificates of the authorities in force, PEM.</summary>
    string Authorities { get; }

    /// <summary>Where nodes find the broker.</summary>
    ImmutableArray<string> Urls { get; }

    /// <summary>Signs.</summary>
    /// <exception cref="ProvisioningException">It must not, or cannot.</exception>
    SignedLogin Issue(ScoutRole role, string name, string publicKey, IReadOnlyCollection<string> groups, TimeSpan life);

    /// <summary>Whether this user key was taken back.</summary>
    bool IsRevoked(string publicKey);

    /// <summary>Takes a key back; in force when it returns.</summary>
    /// <exception cref="ProvisioningException">It is not in force.</exception>
    Task RevokeAsync(string publicKey, string why, CancellationToken cancellation);

    /// <summary>Keys of the logins that live under a name; none when nobody has it.</summary>
    IReadOnlyList<string> KeysOf(HolderKind kind, string name);

    /// <summary>Writes keys down as taken back; it is in force after <see cref="ApplyAsync"/>.</summary>
    /// <returns>A line for people each.</returns>
    /// <exception cref="ProvisioningException">Nothing is written: one is a key of the broker's own services, or the disk says no.</exception>
    Task<IReadOnlyList<string>> WriteRevokedAsync(IReadOnlyCollection<string> publicKeys, CancellationToken cancellation);

    /// <summary>Whether the server runs with what is written.</summary>
    bool IsInForce { get; }

    /// <summary>Has the server take over what is written.</summary>
    /// <returns>Null when it has; else why not.</returns>
    Task<string?> ApplyAsync(string why, CancellationToken cancellation);
}

/// <summary>The provisioner cannot do what it should; the message is for people.</summary>
internal sealed class ProvisioningException(string message, Exception? inner = null) : Exception(message, inner);
