namespace Scout.Nats;

/// <summary>What every NATS JWT (version 2) says. <see cref="NatsJwt"/> writes and reads it.</summary>
public abstract record NatsJwtClaims
{
    /// <summary>The public key it is about (<c>sub</c>).</summary>
    public required string Subject { get; init; }

    public string Name { get; init; } = "";

    /// <summary>From this second on it is worthless; null is for ever.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Before this second it is worth nothing yet; null is at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Lower case; servers fold them.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The public key that signed it. Set by the reader; the writer takes it from the key it signs with.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Set by the reader.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary><c>jti</c>. Set by the reader.</summary>
    public string Id { get; init; } = "";

    /// <summary>What <see cref="Subject"/> must be.</summary>
    public abstract NKeyType Type { get; }

    public bool IsExpired(DateTimeOffset now) => Expires is { } end && now >= end;
}

/// <summary>A user: who logs in.</summary>
public sealed record NatsUserClaims : NatsJwtClaims
{
    /// <summary>The account, where a signing key of it and not its own key signs.</summary>
    public string? IssuerAccount { get; init; }

    /// <summary>What the user may do. Null leaves it to the scoped signing key, and must be null there: a server refuses a scoped user with permissions of its own.</summary>
    public NatsUserPermissions? Permissions { get; init; }

    public override NKeyType Type => NKeyType.User;
}

/// <summary>An account: the users whose subjects are one space.</summary>
public sealed record NatsAccountClaims : NatsJwtClaims
{
    /// <summary>Keys that may sign users beside the account's own, with or without a scope.</summary>
    public IReadOnlyList<NatsSigningKey> SigningKeys { get; init; } = [];

    /// <summary>User key, or <c>*</c> for all: JWTs of it that were issued up to this second are refused.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Revocations { get; init; } = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);

    public NatsAccountLimits Limits { get; init; } = new();

    public string Description { get; init; } = "";

    public override NKeyType Type => NKeyType.Account;
}

/// <summary>An operator: the root of a server's trust.</summary>
public sealed record NatsOperatorClaims : NatsJwtClaims
{
    /// <summary>Keys that may sign accounts beside the operator's own.</summary>
    public IReadOnlyList<string> SigningKeys { get; init; } = [];

    public string? SystemAccount { get; init; }

    public override NKeyType Type => NKeyType.Operator;
}
