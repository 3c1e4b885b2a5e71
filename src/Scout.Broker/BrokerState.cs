namespace Scout.Broker;

/// <summary>What health and metrics show; written by the supervisor, read by the listener.</summary>
internal sealed class BrokerState
{
    private static readonly Func<long> Nothing = static () => 0;

    private Func<long> draining = Nothing;
    private long restarts;
    private long droppedLines;
    private volatile bool ready;
    private volatile bool stopping;
    private volatile bool reloadFailed;
    private volatile IReadOnlyList<string> shortOf = [];
    private long reloads;
    private long certificateEnds;
    private volatile string reason = "nats-server is starting";
    private volatile IReadOnlyList<Streams.StreamReport> streams = [];

    /// <summary>nats-server answers.</summary>
    public bool Ready => ready && !stopping;

    /// <summary>Why it is not ready.</summary>
    public string Reason => stopping ? "stopping" : reason;

    /// <summary>Of the mesh.</summary>
    public Mesh.Watching.MeshFiguresBoard Mesh { get; } = new();

    /// <summary>What is read of the cluster; gives null where nothing is.</summary>
    public Func<Kubernetes.ClusterSample?> Cluster { get; set; } = static () => null;

    public IReadOnlyList<Streams.StreamReport> Streams => streams;

    public long Restarts => Interlocked.Read(ref restarts);

    /// <summary>The last change of the configuration was refused; what was in force still is.</summary>
    public bool ReloadFailed => reloadFailed;

    /// <summary>Changes that nats-server took over.</summary>
    public long Reloads => Interlocked.Read(ref reloads);

    /// <summary>When the certificate in use ends; null without TLS.</summary>
    public DateTimeOffset? CertificateEnds
    {
        get => Interlocked.Read(ref certificateEnds) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Interlocked.Exchange(ref certificateEnds, value?.UtcTicks ?? 0);
    }

    /// <summary>What runs short: words for people; empty when nothing does.</summary>
    public IReadOnlyList<string> Short
    {
        get => shortOf;
        set => shortOf = value;
    }

    public long DroppedLines => Interlocked.Read(ref droppedLines) + Volatile.Read(ref draining)();

    public void Up(IReadOnlyList<Streams.StreamReport> reports)
    {
        streams = reports;
        ready = true;
    }

    /// <summary>How streams stand, without a word on whether the broker is ready.</summary>
    public void Saw(IReadOnlyList<Streams.StreamReport> reports) => streams = reports;

    public void Down(string why)
    {
        reason = why;
        ready = false;
    }

    public void Restarted() => Interlocked.Increment(ref restarts);

    public void Reloaded()
    {
        Interlocked.Increment(ref reloads);
        reloadFailed = false;
    }

    public void ReloadRefused() => reloadFailed = true;

    /// <summary>What was refused is gone, and what is in force is what the files say.</summary>
    public void ReloadMended() => reloadFailed = false;

    public void Dropped(long count)
    {
        Volatile.Write(ref draining, Nothing);
        Interlocked.Add(ref droppedLines, count);
    }

    /// <summary>A server lives: what of its log is dropped counts while it happens, until <see cref="Dropped"/> at its end.</summary>
    /// <param name="count">Since its start. Any thread.</param>
    public void Draining(Func<long> count) => Volatile.Write(ref draining, count);

    public void Stop() => stopping = true;
}
