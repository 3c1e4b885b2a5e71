namespace Scout.Nats.Connection;

/// <summary>The servers to try: the configured ones and those they told us of, in a new order each round.</summary>
internal sealed class Candidates(NatsOpts opts, Backoff backoff)
{
    private readonly List<ServerAddress> configured = ServerAddress.ParseList(opts.Url);
    private readonly Lock gate = new();
    private List<ServerAddress> learned = [];
    private Queue<ServerAddress> round = new();

    /// <summary>Remembers what a server says about others; its last word counts.</summary>
    public void Learn(ServerInfo info)
    {
        List<ServerAddress> others = [];
        foreach (string url in info.ConnectUrls)
        {
            if (ServerAddress.TryParseHostPort(url, out ServerAddress address) && !configured.Exists(address.IsSameServer))
                others.Add(address with { Token = configured[0].Token });
        }

        lock (gate) learned = others;
    }

    /// <summary>The next one; every candidate once a round.</summary>
    public ServerAddress Next()
    {
        lock (gate)
        {
            if (round.Count == 0) round = Shuffled();
            return round.Dequeue();
        }
    }

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate) return configured.Count + learned.Count;
        }
    }

    /// <summary>All but one, in a new order.</summary>
    public IReadOnlyCollection<ServerAddress> Except(ServerAddress address)
    {
        lock (gate) return [.. Shuffled().Where(other => !other.IsSameServer(address))];
    }

    private Queue<ServerAddress> Shuffled()
    {
        ServerAddress[] all = [.. configured, .. learned];
        backoff.Shuffle(all.AsSpan());
        return new Queue<ServerAddress>(all);
    }
}
