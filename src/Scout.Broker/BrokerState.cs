namespace Scout.Broker;

/// <summary>What health and metrics show; written by the supervisor, read by the listener.</summary>
internal sealed class BrokerState
{
    private long restarts;
    private long droppedLines;
    private volatile bool ready;
    private volatile bool stopping;
    private volatile string reason = "nats-server is starting";
    private volatile IReadOnlyList<Streams.StreamReport> streams = [];

    /// <summary>nats-server answers.</summary>
    public bool Ready => ready && !stopping;

    /// <summary>Why it is not ready.</summary>
    public string Reason => stopping ? "stopping" : reason;

    /// <summary>Of the mesh.</summary>
    public Mesh.Watching.MeshFiguresBoard Mesh { get; } = new();

    public IReadOnlyList<Streams.StreamReport> Streams => streams;

    public long Restarts => Interlocked.Read(ref restarts);

    public long DroppedLines => Interlocked.Read(ref droppedLines);

    public void Up(IReadOnlyList<Streams.StreamReport> reports)
    {
        streams = reports;
        ready = true;
    }

    public void Down(string why)
    {
        reason = why;
        ready = false;
    }

    public void Restarted() => Interlocked.Increment(ref restarts);

    public void Dropped(long count) => Interlocked.Add(ref droppedLines, count);

    public void Stop() => stopping = true;
}
