namespace Scout.Nats;

/// <summary>How to connect. All times are measured on <see cref="TimeProvider"/>.</summary>
public sealed record NatsOpts
{
    public static readonly NatsOpts Default = new();

    /// <summary>
    /// One or more servers, separated by commas: <c>tls://host[:4222]</c>, <c>nats://[token@]host[:4222]</c>, or <c>srv://name</c>, which
    /// <see cref="ResolveServers"/> looks up and which always means TLS.
    /// </summary>
    public string Url { get; init; } = "nats://127.0.0.1:4222";

    /// <summary>The connection's name, shown by the server's monitoring.</summary>
    public string Name { get; init; } = "scout";

    /// <summary>What the subjects for answers begin with.</summary>
    public string InboxPrefix { get; init; } = "_INBOX";

    public NatsAuthOpts AuthOpts { get; init; } = new();

    /// <summary>Domain of JetStream where a <see cref="NatsJSContext"/> is made without options; null: the account's own.</summary>
    public string? JetStreamDomain { get; init; }

    public NatsTlsOpts TlsOpts { get; init; } = NatsTlsOpts.Default;

    /// <summary>
    /// Gives the servers, as <c>host:port</c>, behind the name of a <c>srv://</c> address; asked before every round of attempts. Each server's certificate
    /// must carry the host named here: whoever answers only says where, not who.
    /// </summary>
    public Func<string, CancellationToken, ValueTask<IReadOnlyList<string>>>? ResolveServers { get; init; }

    /// <summary>Whether the server sends us what we publish on subjects we subscribe to.</summary>
    public bool Echo { get; init; } = true;

    /// <summary>From the start of the TCP connection to the end of the handshake.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a publish may wait for a line, or for room in the send buffer, before it throws.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a request waits for its answer unless <see cref="NatsSubOpts.Timeout"/> says otherwise.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two PINGs of ours. A line that is silent for that long after a PING is ended.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The share of <see cref="PingInterval"/> by which it varies, 0 to 1.</summary>
    public double PingJitter { get; init; } = 0.2;

    /// <summary>PINGs that may be without an answer before the line is ended.</summary>
    public int MaxPingOut { get; init; } = 1;

    /// <summary>The base of the waits between attempts: rand(0, min(<see cref="ReconnectWaitMax"/>, this · 2ⁿ)).</summary>
    public TimeSpan ReconnectWaitMin { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan ReconnectWaitMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait between attempts while the server refuses our credentials.</summary>
    public TimeSpan RefusedWaitMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// For so long an <c>Authorization Violation</c> is not taken for an answer, and the login is tried again quietly: nats-server says it to everybody who logs in while it
    /// reads its configuration anew (seen on 2.9.10, whatever changed). Zero: it counts at once.
    /// </summary>
    public TimeSpan RefusedPatience { get; init; }

    /// <summary>For <see cref="RefusedPatience"/>, where the server's configuration may change at any time: longer than a reload takes on a busy machine.</summary>
    public static TimeSpan ReloadPatience { get; } = TimeSpan.FromSeconds(2);

    /// <summary>The first attempt after a lost line comes after rand(0, this), so that a restarted server meets a ramp and not a wall.</summary>
    public TimeSpan ReconnectSpread { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Attempts before giving up on a lost line; -1 never does.</summary>
    public int MaxReconnectRetry { get; init; } = -1;

    /// <summary>
    /// When true, <see cref="NatsConnection.ConnectAsync"/> does not throw when its first attempt fails: attempts go on in the background.
    /// </summary>
    public bool RetryOnInitialConnect { get; init; }

    /// <summary>Messages a subscription holds for its reader; what comes while it is full is dropped and counted.</summary>
    public int SubPendingChannelCapacity { get; init; } = 1024;

    /// <summary>Bytes either half of the send buffer takes before publishers wait.</summary>
    public int WriterBufferSize { get; init; } = 128 * 1024;

    /// <summary>Requests that may wait for answers at the same time.</summary>
    public int MaxPendingRequests { get; init; } = 65_536;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Seed of the jitter of waits and pings; null takes one from the system.</summary>
    public int? JitterSeed { get; init; }
}
