using Scout.Protocol;

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

    public NatsOpts ToOpts(string name, TimeProvider time, int seed) => new()
    {
        Url = string.Join(',', Urls),
        Name = name,
        InboxPrefix = InboxPrefix,
        AuthOpts = Auth,
        TlsOpts = Tls,
        ResolveServers = BrokerServers.FindAsync,
        RetryOnInitialConnect = true,
        ReconnectSpread = Spread,
        TimeProvider = time,
        JitterSeed = seed,
    };
}
