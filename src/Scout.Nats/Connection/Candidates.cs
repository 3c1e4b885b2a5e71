namespace Scout.Nats.Connection;

/// <summary>The servers to try: the configured ones, those a name stands for, and those they told us of, in a new order each round.</summary>
internal sealed class Candidates
{
    private const int MaxPerService = 64;

    private readonly List<ServerAddress> configured;
    private readonly NatsOpts opts;
    private readonly Backoff backoff;
    private readonly Lock gate = new();
    private List<ServerAddress> learned = [];
    private Queue<ServerAddress> round = new();

    /// <exception cref="NatsException">The addresses cannot be used, or contradict the other options.</exception>
    public Candidates(NatsOpts opts, Backoff backoff)
    {
        this.opts = opts;
        this.backoff = backoff;
        configured = ServerAddress.ParseList(opts.Url);
        if (opts.TlsOpts.Mode == TlsMode.Disable && configured.Exists(static address => address.Tls))
            throw new NatsException("The address asks for TLS, which TlsMode.Disable forbids.");
        if (opts.ResolveServers is null && configured.Exists(static address => address.IsService))
            throw new NatsException("A srv:// address needs NatsOpts.ResolveServers.");
    }

    /// <summary>How many there were in the round under way.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>Remembers what a server says about others; its last word counts. None of them is asked for less than the server itself.</summary>
    public void Learn(ServerAddress from, ServerInfo info)
    {
        List<ServerAddress> others = [];
        foreach (string url in info.ConnectUrls)
        {
            if (ServerAddress.TryParseHostPort(url, out ServerAddress address) && !configured.Exists(address.IsSameServer))
                others.Add(address with { UserInfo = from.UserInfo, Tls = TlsClient.IsRequired(opts, from), TlsName = from.TlsName });
        }

        lock (gate) learned = others;
    }

    /// <summary>The next one; every candidate once a round.</summary>
    /// <exception cref="NatsConnectionFailedException">A name could not be looked up, and there is nothing else to try.</exception>
    public async ValueTask<ServerAddress> NextAsync(CancellationToken cancellationToken)
    {
        if (round.Count == 0)
        {
            round = new Queue<ServerAddress>(await AllAsync(cancellationToken).ConfigureAwait(false));
            Count = round.Count;
        }

        return round.Dequeue();
    }

    /// <summary>All of them, in a new order; one of them first if it is given.</summary>
    public async ValueTask<IReadOnlyList<ServerAddress>> AllAsync(CancellationToken cancellationToken)
    {
        List<ServerAddress> all = [];
        Exception? failure = null;
        foreach (ServerAddress address in configured)
        {
            if (!address.IsService)
            {
                all.Add(address);
                continue;
            }

            try
            {
                all.AddRange(await LookUpAsync(address, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                failure = error;
            }
        }

        lock (gate) all.AddRange(learned.Where(other => !all.Exists(other.IsSameServer)));
        if (all.Count == 0) throw new NatsConnectionFailedException(failure?.Message ?? "There is no server to try.", failure);
        backoff.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all));
        return all;
    }

    private async ValueTask<List<ServerAddress>> LookUpAsync(ServerAddress service, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(opts.ConnectTimeout, opts.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        List<ServerAddress> found = [];
        foreach (string server in await opts.ResolveServers!(service.Host, either.Token).ConfigureAwait(false))
        {
            if (found.Count < MaxPerService && ServerAddress.TryParseHostPort(server.TrimEnd('.'), out ServerAddress address))
                found.Add(address with { UserInfo = service.UserInfo, Tls = true });
        }

        return found.Count > 0 ? found : throw new NatsConnectionFailedException($"No server is known by srv://{service.Host}.");
    }
}
