using Scout.Protocol.Security.Roles;

namespace Scout.Broker.External;

/// <summary>What <c>scout broker external</c> is told.</summary>
public sealed record ExternalOptions
{
    /// <summary>The broker's directory.</summary>
    public string Root { get; init; } = BrokerOptions.DefaultData;

    /// <summary>Of the cluster: <c>tls://HOST:PORT</c>, or <c>nats://</c> on loopback.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>The owner's creds file.</summary>
    public required string Creds { get; init; }

    public string? Ca { get; init; }

    public string? InboxPrefix { get; init; }

    public string? JsDomain { get; init; }

    public ManageStreams ManageStreams { get; init; } = ManageStreams.Check;

    public int Replicas { get; init; } = 1;

    /// <summary>Public key of the account in which Scout lives; with <see cref="Keys"/>.</summary>
    public string? Fleet { get; init; }

    /// <summary>Public key of the account of those who are not enrolled yet.</summary>
    public string? Provision { get; init; }

    /// <summary>Role, and its public signing key (<c>A…</c>) or a file with the seed.</summary>
    public IReadOnlyList<(ScoutRole Role, string Key)> Keys { get; init; } = [];

    /// <summary>Role, and a creds file of the owner's for a service of the broker.</summary>
    public IReadOnlyList<(ScoutRole Role, string File)> Logins { get; init; } = [];
}
