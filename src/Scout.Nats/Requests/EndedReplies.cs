namespace Scout.Nats.Requests;

/// <summary>
/// Lets those go on whose wait is over, in the order in which it ended: in the thread pool, never on the read loop, mostly on the thread that has just read the answer, once
/// it waits for more. What ends until then goes on with it, so that a burst of answers wakes one thread and what it sets off leaves in few writes. Whoever
/// blocks that thread holds up only what had ended when it began.
/// </summary>
internal sealed class EndedReplies : IThreadPoolWorkItem
{
    private PendingReply? last;

    public void Add(PendingReply reply)
    {
        PendingReply? before;
        do
        {
            before = Volatile.Read(ref last);
            reply.Neighbour = before;
        }
        while (Interlocked.CompareExchange(ref last, reply, before) != before);
        if (before is null) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    public void Execute()
    {
        PendingReply? reply = Interlocked.Exchange(ref last, null);
        PendingReply? first = null;
        while (reply is not null)
        {
            PendingReply? before = reply.Neighbour;
            reply.Neighbour = first;
            first = reply;
            reply = before;
        }

        while (first is not null)
        {
            // It may be used again as soon as it is released.
            PendingReply? next = first.Neighbour;
            first.Neighbour = null;
            first.Release();
            first = next;
        }
    }
}
