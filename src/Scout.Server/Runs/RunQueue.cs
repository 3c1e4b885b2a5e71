using Scout.Machines.Runs;

namespace Scout.Server.Runs;

/// <summary>Runs that wait for a slot: forced ones first, then the oldest due time (server.md section 5).</summary>
internal sealed class RunQueue
{
    private readonly PriorityQueue<RunRequest, (bool NotForced, long Due, long Order)> queue = new();
    private readonly HashSet<long> dropped = [];
    private long order;

    public int Count => queue.Count - dropped.Count;

    public void Add(RunRequest request) => queue.Enqueue(request, (!request.Forced, request.DueTimestamp, order++));

    /// <summary>Takes a waiting run out of the line.</summary>
    public void Drop(long id) => dropped.Add(id);

    /// <summary>The next in line with its place, or null.</summary>
    public RunRequest? Peek(out (bool NotForced, long Due, long Order) place)
    {
        while (queue.TryPeek(out RunRequest? request, out place))
        {
            if (!dropped.Remove(request.Id)) return request;
            queue.Dequeue();
        }

        place = default;
        return null;
    }

    public RunRequest Take() => queue.Dequeue();

    public void Clear()
    {
        queue.Clear();
        dropped.Clear();
    }
}
