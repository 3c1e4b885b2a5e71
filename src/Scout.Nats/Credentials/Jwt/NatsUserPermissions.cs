namespace Scout.Nats;

/// <summary>What a user, or every user of a scoped signing key, may do. Numbers are -1 for no limit.</summary>
public sealed record NatsUserPermissions
{
    public NatsSubjectPermissions Publish { get; init; } = new();

    public NatsSubjectPermissions Subscribe { get; init; } = new();

    /// <summary>Answers to requests it got, on whatever subject they name; null for none.</summary>
    public NatsResponsePermission? Responses { get; init; }

    /// <summary>Subscriptions of one connection.</summary>
    public long Subscriptions { get; init; } = -1;

    public long Data { get; init; } = -1;

    /// <summary>Bytes of one message.</summary>
    public long Payload { get; init; } = -1;

    /// <summary>True lets a JWT in without its seed; nothing here writes that.</summary>
    public bool BearerToken { get; init; }

    /// <summary>Such as <c>STANDARD</c>; empty for all.</summary>
    public IReadOnlyList<string> AllowedConnectionTypes { get; init; } = [];
}

/// <summary>Subjects, with wildcards. What no rule allows is denied as soon as there is an allow; without one all is allowed but what is denied.</summary>
public sealed record NatsSubjectPermissions
{
    public IReadOnlyList<string> Allow { get; init; } = [];

    public IReadOnlyList<string> Deny { get; init; } = [];
}

/// <summary>How often, and how long, a request may be answered.</summary>
/// <param name="Max">Answers to one request.</param>
/// <param name="Expires">After the request.</param>
public sealed record NatsResponsePermission(int Max, TimeSpan Expires);

/// <summary>A key that signs in the name of an account.</summary>
/// <param name="Key">The public account key.</param>
public sealed record NatsSigningKey(string Key)
{
    /// <summary>The name of the scope.</summary>
    public string Role { get; init; } = "";

    /// <summary>What every user it signs may do; null signs users with permissions of their own.</summary>
    public NatsUserPermissions? Template { get; init; }
}

/// <summary>What an account may use. -1 is no limit; JetStream is off (0) unless storage is given.</summary>
public sealed record NatsAccountLimits
{
    public long Subscriptions { get; init; } = -1;

    public long Data { get; init; } = -1;

    public long Payload { get; init; } = -1;

    public long Imports { get; init; } = -1;

    public long Exports { get; init; } = -1;

    public bool WildcardExports { get; init; } = true;

    public long Connections { get; init; } = -1;

    public long LeafNodeConnections { get; init; } = -1;

    /// <summary>Bytes; 0 for none.</summary>
    public long MemoryStorage { get; init; }

    /// <summary>Bytes; 0 for none.</summary>
    public long DiskStorage { get; init; }

    public long Streams { get; init; }

    public long Consumers { get; init; }

    public long MaxAckPending { get; init; }

    /// <summary>JetStream without limits of its own.</summary>
    public NatsAccountLimits WithJetStream() => this with { MemoryStorage = -1, DiskStorage = -1, Streams = -1, Consumers = -1, MaxAckPending = -1 };
}
