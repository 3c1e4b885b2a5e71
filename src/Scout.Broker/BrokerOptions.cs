namespace Scout.Broker;

/// <summary>What <c>scout broker run</c> was asked for (server.md section 2). Nothing is checked yet: <see cref="BrokerService"/> does that first.</summary>
public sealed record BrokerOptions
{
    public const string DefaultData = "/var/lib/scout-broker";

    public const string DefaultListen = "127.0.0.1:4222";

    /// <summary>Made with 0700 when missing; holds <c>jetstream/</c>, <c>run/</c>, <c>nats-server.conf</c>.</summary>
    public string Data { get; init; } = DefaultData;

    /// <summary>
    /// <c>HOST:PORT</c>, <c>[::1]:PORT</c>; port 0 takes a free one and logs it. Null: <see cref="DefaultListen"/> in dev mode, else what <c>scout broker init</c> was told.
    /// </summary>
    public string? Listen { get; init; }

    /// <summary>PEM of a server certificate that somebody else renews; null: our own. Not with <see cref="Dev"/>.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>PEM of its private key.</summary>
    public string? TlsKey { get; init; }

    /// <summary>PEM of the authority that it hangs on, for nodes to trust; null when that is one of the system's.</summary>
    public string? TlsAuthority { get; init; }

    /// <summary><c>HOST:PORT</c> of health and metrics; <c>off</c> for none.</summary>
    public string Http { get; init; } = "off";

    /// <summary>The executable; null: <c>nats-server</c> on the path.</summary>
    public string? NatsServer { get; init; }

    /// <summary>For trying things out on one machine: loopback only, no credentials (security.md 2).</summary>
    public bool Dev { get; init; }

    /// <summary>nats-server runs in a container of its own, as <c>scout broker config --out</c> set it up: it is neither started nor stopped.</summary>
    public bool Attached { get; init; }

    /// <summary>Demands a random token, which is kept there; made when missing.</summary>
    public string? TokenFile { get; init; }

    /// <summary>What is read of the cluster; null: nothing.</summary>
    public KubernetesOptions? Kubernetes { get; init; }

    /// <summary>What a pod is given; null: the variables of this process. Tests have a cluster of their own.</summary>
    internal IReadOnlyDictionary<string, string>? Variables { get; init; }

    /// <summary>How long nats-server may take to be ready; longer while it says that it recovers.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long nats-server may take to end before it is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How to start ourselves again as launcher: words before the hidden argument. Null: this executable. Tests name a host of theirs.
    /// </summary>
    public IReadOnlyList<string>? Launcher { get; init; }
}
