using Scout.Protocol;
using Scout.Server.Configuration;

namespace Scout.Server.Connection;

/// <summary>Where a line goes, and as whom.</summary>
internal sealed record BrokerLogin
{
    public required IReadOnlyList<string> Urls { get; init; }

    public NatsAuthOpts Auth { get; init; } = new();

    public NatsTlsOpts Tls { get; init; } = NatsTlsOpts.Default;

    /// <summary>What subjects for answers begin with: the only ones that this login may hear.</summary>
    public required string InboxPrefix { get; init; }

    /// <summary>Longest wait before the first attempt after a lost line.</summary>
    public TimeSpan Spread { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Of a broker on this machine, without credentials.</summary>
    public static BrokerLogin Dev(IReadOnlyList<string> urls, string? token, string node) => new() { Urls = urls, Auth = new NatsAuthOpts { Token = token }, InboxPrefix = Subjects.NodeInbox(node) };

    /// <summary>Domain of JetStream; empty: the account's own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Of a broker that is not ours.</summary>
    /// <param name="urls">Encrypted, or on this machine.</param>
    /// <param name="external">What its owner gave us.</param>
    /// <param name="authorities">PEM of the creds file; null without.</param>
    /// <param name="node">Own name.</param>
    public static BrokerLogin External(IReadOnlyList<string> urls, ExternalBrokerOptions external, string? authorities, string node) => new()
    {
        Urls = urls,
        Auth = new NatsAuthOpts { CredsFile = external.CredsFile },
        Tls = new NatsTlsOpts
        {
            Mode = urls.All(BrokerUrl.IsPlainLoopback) ? TlsMode.Auto : TlsMode.Require,
            CaFile = external.AuthorityFile.Length > 0 ? external.AuthorityFile : null,
            CaPem = external.AuthorityFile.Length > 0 ? null : authorities,
        },
        InboxPrefix = external.InboxPrefix.Length > 0 ? external.InboxPrefix : Subjects.NodeInbox(node),
        Domain = external.Domain,
    };

    public NatsOpts ToOpts(string name, TimeProvider time, int seed) => new()
    {
        Url = string.Join(',', Urls),
        Name = name,
        InboxPrefix = InboxPrefix,
        AuthOpts = Auth,
        TlsOpts = Tls,
        JetStreamDomain = Domain.Length > 0 ? Domain : null,
        ResolveServers = BrokerServers.FindAsync,
        RetryOnInitialConnect = true,
        RefusedPatience = NatsOpts.ReloadPatience,
        ReconnectSpread = Spread,
        TimeProvider = time,
        JitterSeed = seed,
    };
}
