namespace Scout.Server.Configuration;

/// <summary>A broker that is not ours (security.md 14): its owner made the credentials, and nobody enrols there. Only rights of an account are assumed.</summary>
public sealed record ExternalBrokerOptions
{
    /// <summary>Absolute path of the creds file, read anew at each login.</summary>
    public required string CredsFile { get; init; }

    /// <summary>Absolute path of certificates to trust; empty: those in the creds file, else the machine's.</summary>
    public string AuthorityFile { get; init; } = "";

    /// <summary>Absolute path of the trust document; empty: nothing proves who asks, and requests with effects are refused unless <c>policy.trust_broker</c> says otherwise.</summary>
    public string TrustFile { get; init; } = "";

    /// <summary>Empty: <c>_INBOX.NODE</c>, as the role of a node says.</summary>
    public string InboxPrefix { get; init; } = "";

    /// <summary>Empty: the account's own JetStream.</summary>
    public string Domain { get; init; } = "";
}
