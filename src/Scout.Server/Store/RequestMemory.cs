namespace Scout.Server.Store;

/// <summary>Requests answered in the last 10 minutes, at most 10,000 (nats.md section 14). Not thread-safe.</summary>
internal sealed class RequestMemory
{
    public const int Bound = 10_000;

    public static readonly TimeSpan Age = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(string Caller, string Id), KnownRequest> known = [];
    private readonly Queue<KnownRequest> order = new();

    public int Count => known.Count;

    /// <summary>How many were forgotten before their time.</summary>
    public long Forgotten { get; private set; }

    /// <summary>Oldest first.</summary>
    public IEnumerable<KnownRequest> All => order.Where(Current);

    public void Add(KnownRequest request, DateTimeOffset now)
    {
        known[(request.Caller, request.Id)] = request;
        order.Enqueue(request);
        Prune(now);
        while (known.Count > Bound)
        {
            Forget(order.Dequeue());
            Forgotten++;
        }
    }

    public KnownRequest? Find(string caller, string id, DateTimeOffset now)
    {
        Prune(now);
        return known.GetValueOrDefault((caller, id));
    }

    public void Prune(DateTimeOffset now)
    {
        while (order.TryPeek(out var oldest) && (now - oldest.At > Age || !Current(oldest))) Forget(order.Dequeue());
    }

    // The same request twice leaves the first in the queue, no longer known.
    private bool Current(KnownRequest request) => known.TryGetValue((request.Caller, request.Id), out var one) && ReferenceEquals(one, request);

    private void Forget(KnownRequest request)
    {
        if (Current(request)) known.Remove((request.Caller, request.Id));
    }
}
