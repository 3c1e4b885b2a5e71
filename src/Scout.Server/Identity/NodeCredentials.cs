using System.Collections.Immutable;
using Scout.Protocol.Security.Trust;

namespace Scout.Server.Identity;

/// <summary>What the provisioner gave a node, checked.</summary>
internal sealed record NodeCredentials
{
    /// <summary>User JWT in the account of the fleet.</summary>
    public required string Jwt { get; init; }

    public required DateTimeOffset Issued { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>Of the JWT's tags; names that are good.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>User JWT in the account of the provisioner, for a recovery alone.</summary>
    public string? RecoverJwt { get; init; }

    public DateTimeOffset? RecoverExpires { get; init; }

    // A record would print them.
    public override string ToString() => $"credentials until {Expires:O}";
}

/// <summary>What a node knows of its fleet beside its own credentials.</summary>
internal sealed record FleetPlace
{
    /// <summary>Whom to believe; null until it was told, or when the file was damaged.</summary>
    public TrustDocument? Trust { get; init; }

    /// <summary>The key that signs the trust document; from the token at first.</summary>
    public string? TrustKey { get; init; }

    /// <summary>Certificates of the authorities that sign brokers' certificates, PEM.</summary>
    public string? Authorities { get; init; }

    /// <summary>Where brokers are, unless the configuration says.</summary>
    public ImmutableArray<string> Urls { get; init; } = [];

    /// <summary>Longest wait before the first attempt after a lost line.</summary>
    public TimeSpan? ReconnectSpread { get; init; }
}
